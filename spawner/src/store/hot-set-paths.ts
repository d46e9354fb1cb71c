import { digestParts, type Digest } from '@berth/schema';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreOptions, StorePaths } from './store-paths.ts';

/** Where the hot set of one image and kernel is, and is made. */
export interface HotSetPaths extends Pick<StorePaths, 'root' | 'shelf' | 'tmp' | 'name'> {
  readonly path: string;
}

/**
 * ```
 * <store>/hot/sha256/<hex>/<kernel>/   part of the image's tree, laid over its mount
 * <store>/hot/tmp/                     as the store's own tmp
 * ```
 * `<kernel>` is made of the command; two commands may share one, which costs speed at most: whatever is in a hot set is
 * the image's.
 */
export function hotSetPaths(store: StoreOptions, digest: Digest, argv: readonly string[]): HotSetPaths {
  const { algorithm, hex } = digestParts(digest);
  const root = join(store.path, 'hot');
  const kernel = argv
    .join(' ')
    .replace(/[^A-Za-z0-9_.]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(0, 120);
  const shelf = join(root, algorithm, hex);
  return { root, shelf, path: join(shelf, kernel || 'kernel'), tmp: join(root, 'tmp'), name: `hot-${hex}` };
}

/** Whether there is one, and our own. One lstat(2): only finished ones get that name. */
export async function hasHotSet({ path }: HotSetPaths): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found !== undefined && found.isDirectory() && found.uid === process.geteuid?.();
}
