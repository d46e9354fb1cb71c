import type { KernelEntry } from '@berth/schema/rest';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { BerthClient } from '../client/client.ts';
import { asProblem, type ServerProblem } from '../client/server-problem.ts';

/**
 * All kernels of the catalogue, read page by page: the first one is shown at once, the rest follows. When it is read again,
 * what was known stays until the new list is whole, so that no list shrinks under the person's eyes.
 */
export class Catalogue implements IDisposable {
  readonly #client: BerthClient;
  readonly #changed = new Signal<this, void>(this);
  #kernels: readonly KernelEntry[] = [];
  #total: number | undefined;
  #problem: ServerProblem | undefined;
  #reading: Promise<void> | undefined;
  #again = false;
  #wanted = false;
  #disposed = false;

  constructor(client: BerthClient) {
    this.#client = client;
  }

  get changed(): ISignal<this, void> {
    return this.#changed;
  }
  get kernels(): readonly KernelEntry[] {
    return this.#kernels;
  }
  /** how many there are in all, also those that are not read yet; undefined until the first page is there */
  get total(): number | undefined {
    return this.#total;
  }
  get problem(): ServerProblem | undefined {
    return this.#problem;
  }
  get reading(): boolean {
    return this.#reading !== undefined;
  }
  /** whether anybody looks at it: else there is nothing to keep fresh */
  get wanted(): boolean {
    return this.#wanted;
  }
  get isDisposed(): boolean {
    return this.#disposed;
  }

  dispose(): void {
    this.#disposed = true;
    this.#wanted = false;
    Signal.clearData(this);
  }

  /** Nobody looks at it any more: there is nothing to keep fresh. */
  rest(): void {
    this.#wanted = false;
  }

  /** Read it, or read it once more after the reading that is under way. */
  read(): Promise<void> {
    if (this.#disposed) return Promise.resolve();
    this.#wanted = true;
    if (this.#reading) this.#again = true;
    else this.#reading = this.#readAll();
    return this.#reading ?? Promise.resolve();
  }

  /** Mark a kernel as offered, or not, before the server's list says so. */
  mark(name: string, offered: boolean): void {
    this.#kernels = this.#kernels.map((entry) => (entry.name === name ? { ...entry, offered } : entry));
    this.#tell();
  }

  async #readAll(): Promise<void> {
    do {
      this.#again = false;
      try {
        await this.#readPages();
        this.#problem = undefined;
      } catch (error) {
        this.#problem = asProblem(error);
      }
    } while (this.#again && !this.#disposed);
    this.#reading = undefined;
    this.#tell();
  }

  async #readPages(): Promise<void> {
    const first = this.#total === undefined;
    let kernels: readonly KernelEntry[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#client.call('kernels', {
        query: { limit: '100', ...(cursor ? { cursor } : {}) },
      });
      kernels = [...kernels, ...page.kernels];
      cursor = page.next;
      if (this.#disposed) return;
      if (!first && cursor !== undefined) continue;
      this.#total = page.total;
      this.#kernels = kernels;
      this.#tell();
    } while (cursor !== undefined);
  }

  #tell(): void {
    if (!this.#disposed) this.#changed.emit();
  }
}
