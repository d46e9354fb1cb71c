import { expect, test } from '@jest/globals';
import { tileStyle } from '../../../extension/src/launcher/tile-style.ts';

/** Whether the tile's words keep their lines. */
function keepsLines(category: string, styled: string): boolean {
  const style = tileStyle(styled);
  document.head.append(style);
  const card = document.createElement('div');
  card.className = 'jp-LauncherCard';
  card.dataset['category'] = category;
  card.innerHTML = '<div class="jp-LauncherCard-label"><p>Python 3.11\nclimate</p></div>';
  document.body.append(card);
  const [text] = card.querySelectorAll('p');
  const found = text ? getComputedStyle(text).whiteSpace : '';
  card.remove();
  style.remove();
  return found === 'pre-line';
}

test.each(['Containers', 'Conteneurs', 'Behälter', 'コンテナー', 'a "quoted" \\ one\nof two lines'])(
  'tiles of the section have two lines, whatever it is called: %j',
  (category) => {
    expect(keepsLines(category, category)).toBe(true);
    expect(keepsLines('Notebook', category)).toBe(false);
  },
);
