import type { KernelEntry } from '@berth/schema/rest';

/** What the person looks for. All words of `search` must occur in display name, image or language, as on the server. */
export interface KernelFilter {
  readonly search: string;
  /** empty for all */
  readonly language: string;
  readonly offeredOnly: boolean;
}
export const NO_FILTER: KernelFilter = { search: '', language: '', offeredOnly: false };

/** lower-cased text of each entry, made once: a key press must not lower-case a thousand of them */
const texts = new WeakMap<KernelEntry, string>();
const textOf = (entry: KernelEntry): string => {
  const known = texts.get(entry);
  if (known !== undefined) return known;
  const text = `${entry.displayName}\n${entry.image}\n${entry.language}`.toLowerCase();
  texts.set(entry, text);
  return text;
};

export function filterKernels(
  kernels: readonly KernelEntry[],
  { search, language, offeredOnly }: KernelFilter,
): readonly KernelEntry[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && language === '' && !offeredOnly) return kernels;
  return kernels.filter(
    (entry) =>
      (language === '' || entry.language === language) &&
      (!offeredOnly || entry.offered) &&
      words.every((word) => textOf(entry).includes(word)),
  );
}

/** Languages that occur, the most frequent first. */
export function languagesOf(kernels: readonly KernelEntry[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { language } of kernels) counts.set(language, (counts.get(language) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)).map(([language]) => language);
}
