/** What time it is for the server: its `Date` headers against this machine's clock, which may be minutes off. */
export class ServerClock {
  #ahead = 0;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Learn from a response; one without a `Date` teaches nothing. */
  hear(response: Response): void {
    const said = Date.parse(response.headers.get('Date') ?? '');
    if (Number.isNaN(said)) return;
    const ahead = said - this.#now();
    // a Date has whole seconds and is some network old: differences that small are no differences
    this.#ahead = Math.abs(ahead) < 2000 ? 0 : ahead;
  }

  /** Milliseconds since 1970 at the server. */
  now(): number {
    return this.#now() + this.#ahead;
  }
}
