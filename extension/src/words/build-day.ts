/** No image is older: reproducible builds write 1970 (Nix, Bazel) or 1980 (zip), and mean that they do not say. */
const FIRST_YEAR = 2000;

/**
 * The day when an image was built, always with its year; undefined where its builder did not say.
 * @param iso ISO 8601, as in the image's configuration
 */
export function buildDay(iso: string, locale?: string): string | undefined {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime()) || at.getUTCFullYear() < FIRST_YEAR) return undefined;
  return at.toLocaleDateString(locale, { day: 'numeric', month: 'short', year: 'numeric' });
}
