/** What a benchmark says of one case; `ratio` is ours over baseline, by medians. */
export interface Result {
  readonly case: string;
  readonly ours: Spread;
  readonly baseline: Spread;
  readonly ratio: number;
  readonly unit: string;
  readonly lower_is_better: boolean;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What `bench()` of a benchmark module gives back. */
export interface Report {
  readonly results: readonly Result[];
  /** rounds that were measured */
  readonly n: number;
  readonly notes?: readonly string[];
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
  return { median, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}

export function result(
  name: string,
  unit: string,
  ours: readonly number[],
  baseline: readonly number[],
  lowerIsBetter = true,
): Result {
  const our = spread(ours);
  const base = spread(baseline);
  return {
    case: name,
    ours: our,
    baseline: base,
    ratio: our.median / base.median,
    unit,
    lower_is_better: lowerIsBetter,
  };
}

/** Measure turn by turn, who begins changing with every round: what the machine does meanwhile hits both alike. */
export async function paired<T>(
  rounds: number,
  ours: () => Promise<T>,
  baseline: () => Promise<T>,
): Promise<{ readonly ours: readonly T[]; readonly baseline: readonly T[] }> {
  const found = { ours: [] as T[], baseline: [] as T[] };
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) found.ours.push(await ours());
    found.baseline.push(await baseline());
    if (round % 2 === 1) found.ours.push(await ours());
  }
  return found;
}
