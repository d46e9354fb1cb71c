/** An input that can be given bytes back and read to its end whatever happened to its consumer. One reader at a time. */
export class Unread {
  readonly #input: AsyncIterator<Uint8Array>;
  #given: Uint8Array[] = [];
  #over = false;

  constructor(input: AsyncIterable<Uint8Array>) {
    this.#input = input[Symbol.asyncIterator]();
  }

  async next(): Promise<Uint8Array | undefined> {
    const given = this.#given.shift();
    if (given !== undefined) return given;
    if (this.#over) return undefined;
    const next = await this.#input.next().catch((error: unknown) => {
      this.#over = true;
      throw error;
    });
    if (next.done === true) this.#over = true;
    return next.done === true ? undefined : next.value;
  }

  giveBack(chunks: readonly Uint8Array[]): void {
    this.#given.unshift(...chunks.filter((chunk) => chunk.length > 0));
  }

  async hasMore(): Promise<boolean> {
    const next = await this.next();
    if (next === undefined) return false;
    this.giveBack([next]);
    return next.length > 0 || this.hasMore();
  }

  async drain(): Promise<void> {
    this.#given = [];
    while ((await this.next()) !== undefined);
  }

  /** Nobody reads on. Not awaited: the input may be waiting for its network. */
  close(): void {
    if (!this.#over) void this.#input.return?.()?.catch(() => undefined);
    this.#over = true;
  }
}
