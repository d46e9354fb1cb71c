import { Failure } from '@berth/schema';
import type { Wish } from '@berth/schema/rest';
import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { whyNotWritten } from '../kernelspecs/index.ts';
import { readWishes, stateOfFile, writeWishes, type KeptWish } from './wish-file.ts';

export type { KeptWish } from './wish-file.ts';

/** Notebooks of years; a file of all of them stays below a few hundred kilobytes. */
export const MAX_WISHES = 500;

export interface WishPlace {
  /** where wishes are kept, absolute */
  readonly file: string;
  /** Jupyter's root, below which the paths of notebooks are; `""` when there is none */
  readonly root: string;
}

/**
 * What the person chose for each notebook and kernel, in one file of the person's own, newest last. In memory is what is in the
 * file, which is read again when another server of the person's has written it: a choice that could not be written is not kept.
 * A path alone names no notebook: it is below the root of one Jupyter, and Jupyter gives the same name (`Untitled.ipynb`) to
 * the next file. So a word is for one root, and for the very file that was there. A file that cannot be understood is put
 * aside and not looked at again (F21); without it everything is asked anew.
 */
export class WishStore {
  readonly #place: WishPlace;
  readonly #note: (why: string) => void;
  #kept: readonly KeptWish[] = [];
  #state: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param note told when a file cannot be read, was put aside, or an entry left out */
  constructor(place: WishPlace, note: (why: string) => void) {
    this.#place = place;
    this.#note = note;
  }

  /** What the person agreed to for that notebook, as the file that is there now. */
  async of(path: string, kernel: string): Promise<KeptWish | undefined> {
    const kept = (await this.#below()).findLast(({ wish }) => wish.path === path && wish.kernel === kernel);
    return kept && kept.file === (await this.#identity(path)) ? kept : undefined;
  }

  /** The newest of that notebook, for whatever kernel and whatever file there was: to be proposed, not an agreement. */
  async newestOf(path: string): Promise<KeptWish | undefined> {
    return (await this.#below()).findLast(({ wish }) => wish.path === path);
  }

  /** @throws Failure `wish-not-kept` */
  put(wish: Wish, at: string): Promise<void> {
    // one after the other: each is written with all before it
    const turn = this.#turn.then(async () => {
      try {
        const [root, file] = await Promise.all([this.#root(), this.#identity(wish.path)]);
        const others = (await this.#load()).filter(
          (one) => one.root !== root || one.wish.path !== wish.path || one.wish.kernel !== wish.kernel,
        );
        const next = { wish, at, root, ...(file !== undefined && { file }) };
        await writeWishes(this.#place.file, [...others, next].slice(-MAX_WISHES));
      } catch (cause) {
        const why = whyNotWritten(cause as NodeJS.ErrnoException);
        throw new Failure('wish-not-kept', { path: this.#place.file, why }, { cause });
      }
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Those of this root; none when they cannot be read, so that the person is asked. */
  async #below(): Promise<readonly KeptWish[]> {
    try {
      const [root, kept] = await Promise.all([this.#root(), this.#load()]);
      return kept.filter((one) => one.root === root);
    } catch (error) {
      this.#note(`it cannot be read (${(error as Error).message})`);
      return [];
    }
  }

  async #load(): Promise<readonly KeptWish[]> {
    const state = await stateOfFile(this.#place.file);
    if (state !== this.#state) {
      this.#kept = (await readWishes(this.#place.file, this.#note)).slice(-MAX_WISHES);
      this.#state = state;
    }
    return this.#kept;
  }

  async #root(): Promise<string> {
    const { root } = this.#place;
    return root === '' ? '' : realpath(root).catch(() => root);
  }

  /**
   * Which file is at that path; undefined when there is none. Jupyter saves in place, so that a notebook stays the same file;
   * the time of its birth because numbers of deleted files are given again. Not the device: it differs from node to node.
   */
  async #identity(path: string): Promise<string | undefined> {
    const { root } = this.#place;
    if (root === '' || path === '') return undefined;
    return stat(join(root, path), { bigint: true }).then(
      ({ ino, birthtimeNs }) => `${ino} ${birthtimeNs}`,
      () => undefined,
    );
  }
}
