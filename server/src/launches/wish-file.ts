import { Wish } from '@berth/schema/rest';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import * as z from 'zod/mini';

const VERSION = 1;
const StateFile = z.object({ version: z.literal(VERSION), wishes: z.array(z.unknown()) });
const Newer = z.object({ version: z.number().check(z.gt(VERSION)) });
const Entry = z.object({
  wish: Wish,
  at: z.iso.datetime(),
  /** Jupyter's root, below which the wish's path is */
  root: z.string(),
  /** which file of that path was meant; none where there was none */
  file: z.optional(z.string()),
});
/** A wish with the time at which the person put it, ISO 8601, and what its path meant then. */
export type KeptWish = Readonly<z.infer<typeof Entry>>;

/**
 * All entries that are in order; a file that is not is put aside (F21).
 * @param note told when a file was put aside or entries left out
 * @throws Error when it cannot be known what is in the file: then nobody may write it anew
 */
export async function readWishes(file: string, note: (why: string) => void): Promise<readonly KeptWish[]> {
  const text = await readFile(file, 'utf8').catch(unlessMissing);
  if (text === undefined) return [];
  const content = parsed(text);
  if (Newer.safeParse(content).success) throw new Error('it is of a newer Berth');
  const state = StateFile.safeParse(content);
  if (!state.success) {
    note('it is not in order, and was put aside');
    await rename(file, `${file}.broken`).catch(() => undefined);
    return [];
  }
  const entries = state.data.wishes.map((entry) => Entry.safeParse(entry));
  const good = entries.flatMap(({ data }) => (data === undefined ? [] : [data]));
  if (good.length < entries.length) note(`${entries.length - good.length} entries of it are left out`);
  return good;
}

/** Tells one state of the file from another. @throws Error when that cannot be known */
export async function stateOfFile(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(unlessMissing);
  return found ? `${found.ino} ${found.size} ${found.mtimeNs}` : 'none';
}

/** The whole file or nothing; 0600 in a 0700 directory. */
export async function writeWishes(file: string, wishes: readonly KeptWish[]): Promise<void> {
  // random: servers of one person on several nodes may have the same pid
  const aside = `${file}.${randomBytes(8).toString('hex')}.new`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const made = await open(aside, 'wx', 0o600);
    try {
      await made.chmod(0o600);
      await made.writeFile(JSON.stringify({ version: VERSION, wishes }));
      await made.sync();
    } finally {
      await made.close();
    }
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Only a file that is certainly not there is one without wishes: of any other trouble (EIO, EMFILE, ESTALE) we know nothing. */
function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
