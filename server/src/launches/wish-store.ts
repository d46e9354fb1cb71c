import { Failure } from '@berth/schema';
import { Wish } from '@berth/schema/rest';
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod/mini';

/** A wish with the time at which the person put it, ISO 8601. */
export interface KeptWish {
  readonly wish: Wish;
  readonly at: string;
}

const VERSION = 1;
const StateFile = z.object({ version: z.literal(VERSION), wishes: z.array(z.unknown()) });
const Entry = z.object({ wish: Wish, at: z.iso.datetime() });

/** Notebooks of years; a file of all of them stays below a few hundred kilobytes. */
export const MAX_WISHES = 500;

/**
 * What the person chose for each notebook and kernel, in one file of the person's own, newest last. In memory is what is in the
 * file, which is read again when another server of the person's has written it: a choice that could not be written is not kept. A file that cannot be understood is put aside and not looked at again
 * (F21); without it everything is asked anew.
 */
export class WishStore {
  readonly #file: string;
  readonly #note: (why: string) => void;
  #kept: readonly KeptWish[] = [];
  /** tells one state of the file from another */
  #state: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param note told when a file was put aside or an entry left out */
  constructor(file: string, note: (why: string) => void) {
    this.#file = file;
    this.#note = note;
  }

  async of(path: string, kernel: string): Promise<KeptWish | undefined> {
    const kept = await this.#load();
    return kept.findLast(({ wish }) => wish.path === path && wish.kernel === kernel);
  }

  /** The newest of that notebook, for whatever kernel. */
  async newestOf(path: string): Promise<KeptWish | undefined> {
    return (await this.#load()).findLast(({ wish }) => wish.path === path);
  }

  /** @throws Failure `wish-not-kept` */
  put(wish: Wish, at: string): Promise<void> {
    // one after the other: each is written with all before it
    const turn = this.#turn.then(async () => {
      const others = (await this.#load()).filter(
        (one) => one.wish.path !== wish.path || one.wish.kernel !== wish.kernel,
      );
      const next = [...others, { wish, at }].slice(-MAX_WISHES);
      await this.#write(next);
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #load(): Promise<readonly KeptWish[]> {
    const state = await stat(this.#file, { bigint: true }).then(
      ({ ino, size, mtimeNs }) => `${ino} ${size} ${mtimeNs}`,
      () => 'none',
    );
    if (state !== this.#state) [this.#kept, this.#state] = [await this.#read(), state];
    return this.#kept;
  }

  async #read(): Promise<readonly KeptWish[]> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') this.#note(`it cannot be read (${String(code)})`);
      return [];
    }
    const state = StateFile.safeParse(parsed(text));
    if (!state.success) {
      this.#note('it is not in order, and was put aside');
      await rename(this.#file, `${this.#file}.broken`).catch(() => undefined);
      return [];
    }
    const entries = state.data.wishes.map((entry) => Entry.safeParse(entry));
    const good = entries.flatMap(({ data }) => (data === undefined ? [] : [data]));
    if (good.length < entries.length)
      this.#note(`${entries.length - good.length} entries of it are left out`);
    return good.slice(-MAX_WISHES);
  }

  async #write(wishes: readonly KeptWish[]): Promise<void> {
    const aside = `${this.#file}.${process.pid}.new`;
    try {
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      const file = await open(aside, 'w', 0o600);
      try {
        await file.writeFile(JSON.stringify({ version: VERSION, wishes }));
        await file.sync();
      } finally {
        await file.close();
      }
      await chmod(aside, 0o600);
      await rename(aside, this.#file);
    } catch (cause) {
      await rm(aside, { force: true }).catch(() => undefined);
      const { code, message } = cause as NodeJS.ErrnoException;
      throw new Failure(
        'wish-not-kept',
        { path: this.#file, why: REASONS[code ?? ''] ?? message },
        { cause },
      );
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no space left',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'it may not be written',
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
