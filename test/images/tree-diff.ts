/** The difference between two states of a tree, as a layer's tar. */
import { lstat, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';
import { whiteout } from './ustar.ts';

/** Path to what changes whenever the entry does (inode, change time). */
export type Snapshot = ReadonlyMap<string, string>;

/** No overlay mount and no hashing: a change to a file or its metadata cannot but change its ctime. */
export async function snapshot(root: string): Promise<Snapshot> {
  const found = new Map<string, string>();
  const walk = async (path: string): Promise<void> => {
    for (const entry of await readdir(join(root, path), { withFileTypes: true })) {
      const child = path === '' ? entry.name : `${path}/${entry.name}`;
      const stat = await lstat(join(root, child), { bigint: true });
      found.set(child, `${stat.ino} ${stat.ctimeNs}`);
      if (entry.isDirectory()) await walk(child);
    }
  };
  await walk('');
  return found;
}

/** Writes what was added and changed since `before`, and whiteouts for what is gone, sorted by path. */
export async function writeDifference(root: string, before: Snapshot, tar: string): Promise<void> {
  const after = await snapshot(root);
  const changed = [...after].filter(([path, state]) => before.get(path) !== state).map(([path]) => path);
  const gone = [...before.keys()].filter((path) => !after.has(path));
  // one whiteout for the topmost directory that is gone
  const deletions = gone.filter((path) => !gone.includes(parent(path))).map((path) => whiteout(path).path);
  for (const path of deletions) await writeFile(join(root, path), '');
  const list = `${tar}.list`;
  await writeFile(list, [...changed, ...deletions].sort().join('\0'));
  await command([
    'tar',
    '--create',
    `--file=${tar}`,
    `--directory=${root}`,
    '--no-recursion',
    '--null',
    '--verbatim-files-from',
    `--files-from=${list}`,
    '--numeric-owner',
    // an ordinary user's number means nothing in an image
    ...(process.getuid?.() === 0 ? [] : ['--owner=0', '--group=0']),
    // PAX only where a name is long, as Docker writes layers; times in whole seconds
    '--format=posix',
    '--pax-option=delete=atime,delete=ctime,delete=mtime',
  ]);
  await rm(list);
  for (const path of deletions) await rm(join(root, path));
}

function parent(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
