import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatIdentity, parseIdentity, type ProcessIdentity } from './process-identity.ts';

const BEAT_MS = 1000;

/** A maker's own directory in `<store>/tmp`, and the sign of life that others read in it. */
export interface Work {
  readonly path: string;
  /** last component of `path` */
  readonly id: string;
  /** what the next beats tell: bytes done and in all */
  tell(bytes: number, total: number): void;
  /** Stops beating and removes the directory. */
  remove(): Promise<void>;
}

/** Makes a work directory called `<name>.<random>.work` and beats in it once a second. */
export async function openWork(tmp: string, name: string, me: ProcessIdentity): Promise<Work> {
  const id = `${name}.${randomBytes(8).toString('hex')}.work`;
  const path = join(tmp, id);
  await mkdir(path, { mode: 0o700 });
  await writeFile(join(path, 'owner'), formatIdentity(me), { mode: 0o600 });
  let count = 0;
  let told = '0 0';
  let writing: Promise<void> | undefined;
  const beat = (): Promise<void> =>
    (writing ??= writeFile(join(path, 'beat'), `${++count} ${told}\n`, { mode: 0o600 })
      // a full disk stops the making itself, which says so; a slow one just misses a beat
      .catch(() => undefined)
      .finally(() => (writing = undefined)));
  await beat();
  const timer = setInterval(() => void beat(), BEAT_MS);
  timer.unref();
  return {
    path,
    id,
    tell: (bytes, total) => (told = `${bytes} ${total}`),
    remove: async () => {
      clearInterval(timer);
      await writing;
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** What can be read of somebody's work directory. `beat` is to be compared only; `at` is by the file server's clock. */
export interface WorkSeen {
  readonly owner: ProcessIdentity | undefined;
  readonly beat: string;
  readonly at: number;
  readonly bytes: number;
  readonly total: number;
}

/** Undefined when the directory is gone. A directory just made may have neither owner nor beat yet. */
export async function seeWork(tmp: string, id: string): Promise<WorkSeen | undefined> {
  const path = join(tmp, id);
  const directory = await lstat(path).catch(() => undefined);
  if (directory === undefined) return undefined;
  const read = (file: string) => readFile(join(path, file), 'utf8').catch(() => '');
  const file = await lstat(join(path, 'beat')).catch(() => directory);
  const beat = await read('beat');
  const [, bytes = 0, total = 0] = beat.split(' ').map(Number);
  return { owner: parseIdentity(await read('owner')), beat, at: file.mtimeMs, bytes, total };
}
