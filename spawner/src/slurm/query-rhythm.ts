/** The longest between two looks at jobs in which nothing changes, milliseconds. */
const SELDOM_MS = 30_000;
/** ... and while Slurm does not answer: it is told soon that it does again (F1). */
const SILENT_MS = 10_000;

/**
 * When Slurm is asked the next time. Never within the interval after the last question, whatever calls for one: hundreds of
 * people ask the same controller. While nothing changes ever more seldom. Times in milliseconds of one clock; pure but for what
 * it remembers.
 */
export class QueryRhythm {
  #last = -Infinity;
  #wait: number;
  #interval: number;

  constructor(intervalMs: number) {
    this.#interval = intervalMs;
    this.#wait = intervalMs;
  }

  set interval(ms: number) {
    this.#interval = ms;
  }

  /** The earliest time for a question that is called for now, or `delay` later. */
  earliest(now: number, delay: number): number {
    return Math.max(now + delay, this.#last + this.#interval);
  }

  /** The time for the next look when nothing calls for one. */
  get next(): number {
    return this.#last + this.#wait;
  }

  asked(now: number): void {
    this.#last = now;
  }

  answered(news: 'changed' | 'same' | 'silent'): void {
    const most = news === 'silent' ? SILENT_MS : SELDOM_MS;
    const longer = news === 'changed' ? this.#interval : this.#wait * 2;
    this.#wait = Math.max(this.#interval, Math.min(longer, most));
  }
}
