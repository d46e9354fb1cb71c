/**
 * Two lines for our own tiles, not for those of others: "Python 3.11", and below it where it comes from. Lab marks a tile by its
 * section's title and by nothing else, and that one is translated: so no stylesheet of the package can name it.
 * @param category the section's title, as translated
 */
export function tileStyle(category: string): HTMLStyleElement {
  const style = document.createElement('style');
  style.dataset['berth'] = 'tiles';
  style.textContent = `.jp-LauncherCard[data-category="${cssText(category)}"] .jp-LauncherCard-label p { white-space: pre-line; }`;
  return style;
}

/** Inside quotes of CSS. Source: css-syntax-3, "Consume an escaped code point". */
const cssText = (text: string): string =>
  text.replace(/["\\\p{Cc}]/gu, (char) => `\\${char.codePointAt(0)?.toString(16)} `);
