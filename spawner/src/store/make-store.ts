import { Failure } from '@berth/schema';
import { chmod, lstat, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StorePaths } from './store-paths.ts';

/**
 * Makes the store's directories, 0700 whatever the umask, and refuses those of another user (T5): who can write there
 * decides what our kernels run. The store's own path may be a symbolic link (home -> scratch); below it none may.
 */
export async function makeStore(paths: Pick<StorePaths, 'root' | 'shelf' | 'tmp'>): Promise<void> {
  await mkdir(dirname(paths.root), { recursive: true });
  await ownDirectory(paths.root, stat);
  for (const path of [dirname(paths.shelf), paths.shelf, paths.tmp]) await ownDirectory(path, lstat);
}

async function ownDirectory(path: string, look: typeof stat | typeof lstat): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const found = await look(path);
  const refuse = (why: string) => new Failure('store-refused', { path, why });
  if (!found.isDirectory()) throw refuse('it is not a directory');
  if (found.uid !== process.geteuid?.()) throw refuse(`it belongs to uid ${found.uid}`);
  if ((found.mode & 0o777) !== 0o700) await chmod(path, 0o700);
}
