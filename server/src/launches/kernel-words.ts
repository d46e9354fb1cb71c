import type { Word } from './start-decision.ts';

/** More are asked again. */
const MAX_WORDS = 500;

/**
 * Words for kernels without a notebook, by Jupyter's id of the kernel: a console is asked for each time, but not for a restart
 * of it. In memory: an id is of one Jupyter server, and ends with it.
 */
export class KernelWords {
  readonly #words = new Map<string, Word>();

  of(kernelId: string | undefined): Word | undefined {
    return kernelId === undefined ? undefined : this.#words.get(kernelId);
  }

  put(kernelId: string | undefined, word: Word): void {
    if (kernelId === undefined) return;
    this.#words.set(kernelId, word);
    const [oldest] = this.#words.keys();
    if (this.#words.size > MAX_WORDS && oldest !== undefined) this.#words.delete(oldest);
  }
}
