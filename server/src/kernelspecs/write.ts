import { BERTH_FILE } from '@berth/schema';
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpecFiles } from './spec-files.ts';

/**
 * Where things are made before they are renamed into place. Inside the kernelspec directory, so that a rename always works;
 * it holds no kernel.json itself, so Jupyter passes it over without a word.
 */
const WORKSHOP = '.berth-work';

/** What another sync may still be at; older things are left over from a crash. Milliseconds. */
const LEFTOVER_AGE = 3_600_000;

export type Written = 'written' | 'unchanged' | 'foreign';

const code = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
const absent = (error: unknown): undefined => {
  if (code(error) !== 'ENOENT' && code(error) !== 'ENOTDIR') throw error;
  return undefined;
};

/** Whether a directory is ours: a real directory (no symlink to elsewhere) that holds our record. */
export async function specOwner(path: string): Promise<'ours' | 'foreign' | 'absent'> {
  const stat = await lstat(path).catch(absent);
  if (stat === undefined) return 'absent';
  if (!stat.isDirectory()) return 'foreign';
  const record = await lstat(join(path, BERTH_FILE)).catch(absent);
  if (record?.isFile() === true) return 'ours';
  // it may have been removed between the two looks
  return (await lstat(path).catch(absent)) === undefined ? 'absent' : 'foreign';
}

/**
 * Bring one kernelspec directory to the wanted content. A new one appears whole by one rename. In one that is there each
 * file is replaced by a rename, the launch record last: refused was replacing the whole directory, which takes two renames
 * and lets a kernel that is started in between fail.
 */
export async function writeSpec(directory: string, name: string, files: SpecFiles): Promise<Written> {
  const target = join(directory, name);
  // as often as other syncs may come in between
  for (let attempt = 0; ; attempt += 1) {
    const owner = await specOwner(target);
    if (owner === 'foreign') return 'foreign';
    try {
      if (owner === 'ours') return (await renew(directory, target, files)) ? 'written' : 'unchanged';
      await make(directory, target, files);
      return 'written';
    } catch (error) {
      const raced = ['ENOENT', 'EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(code(error) ?? '');
      if (!raced || attempt >= 10) throw error;
    }
  }
}

async function make(directory: string, target: string, files: SpecFiles): Promise<void> {
  const fresh = await workPlace(directory);
  await mkdir(fresh);
  try {
    for (const [file, content] of files) await writeSynced(join(fresh, file), content);
    await syncDirectory(fresh);
    await rename(fresh, target);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  await syncDirectory(directory);
}

async function renew(directory: string, target: string, files: SpecFiles): Promise<boolean> {
  let changed = false;
  for (const [file, content] of files) {
    const path = join(target, file);
    if ((await readFile(path).catch(absent))?.equals(content) === true) continue;
    const fresh = await workPlace(directory);
    try {
      await writeSynced(fresh, content);
      await rename(fresh, path);
    } finally {
      await rm(fresh, { force: true });
    }
    changed = true;
  }
  for (const file of await readdir(target)) {
    if (files.has(file)) continue;
    await rm(join(target, file), { recursive: true, force: true });
    changed = true;
  }
  if (changed) await syncDirectory(target);
  return changed;
}

/** Remove a directory of ours; it is gone at once or not at all. A foreign one is left alone. */
export async function removeSpec(directory: string, name: string): Promise<boolean> {
  const target = join(directory, name);
  if ((await specOwner(target)) !== 'ours') return false;
  const old = await workPlace(directory);
  try {
    await rename(target, old);
  } catch (error) {
    if (code(error) === 'ENOENT') return false;
    throw error;
  }
  await rm(old, { recursive: true, force: true });
  return true;
}

/** Names of the directories that are ours. */
export async function ownSpecs(directory: string): Promise<readonly string[]> {
  const names = (await readdir(directory).catch(absent)) ?? [];
  const owners = await Promise.all(names.map((name) => specOwner(join(directory, name))));
  return names.filter((_, at) => owners[at] === 'ours');
}

/** Remove what a crashed sync left; `now` in milliseconds since 1970. */
export async function clearWorkshop(directory: string, now: number): Promise<void> {
  const workshop = join(directory, WORKSHOP);
  for (const name of (await readdir(workshop).catch(absent)) ?? []) {
    const stat = await lstat(join(workshop, name)).catch(absent);
    if (stat && now - stat.mtimeMs > LEFTOVER_AGE)
      await rm(join(workshop, name), { recursive: true, force: true });
  }
}

async function workPlace(directory: string): Promise<string> {
  const workshop = join(directory, WORKSHOP);
  await mkdir(workshop, { recursive: true, mode: 0o700 });
  return join(workshop, randomUUID());
}

async function writeSynced(path: string, content: Buffer): Promise<void> {
  await withHandle(await open(path, 'wx', 0o644), async (handle) => {
    await handle.writeFile(content);
    await handle.sync();
  });
}

const syncDirectory = async (path: string): Promise<void> =>
  withHandle(await open(path, 'r'), (handle) => handle.sync());

async function withHandle(handle: FileHandle, work: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}
