import { closest, distance } from 'fastest-levenshtein';

/** The known name that was probably meant, or undefined when none is near enough to be worth a guess. */
export function nearestName(typed: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || typed.length > 100) return undefined;
  const best = closest(typed, known);
  const away = distance(typed, best);
  // what was typed is no guess
  return away > 0 && away <= Math.max(2, Math.floor(typed.length / 3)) ? best : undefined;
}

/** ` (did you mean "x"?)`, or nothing: within a sentence that goes on. */
export function maybeMeant(typed: string, known: readonly string[]): string {
  const near = nearestName(typed, known);
  return near === undefined ? '' : ` (did you mean "${near}"?)`;
}

/** `, did you mean "x"?`, or nothing: the tail of a sentence. */
export function didYouMean(typed: string, known: readonly string[]): string {
  const near = nearestName(typed, known);
  return near === undefined ? '' : `, did you mean "${near}"?`;
}
