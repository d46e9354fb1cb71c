import type { Digest, Rootfs } from '@berth/schema';
import { lstat } from 'node:fs/promises';
import { errorCode } from './store-failure.ts';
import { storePaths, type StoreOptions } from './store-paths.ts';

/**
 * The rootfs of an image, when the store has it. One lstat(2), no lock: only finished ones ever get that name. One that
 * belongs to somebody else, or is a symbolic link, is not ours and not found.
 */
export async function findRootfs(store: StoreOptions, digest: Digest): Promise<Rootfs | undefined> {
  const { rootfs } = storePaths(store, digest);
  try {
    const found = await lstat(rootfs.path);
    const right = rootfs.format === 'squashfs' ? found.isFile() : found.isDirectory();
    return right && found.uid === process.geteuid?.() ? rootfs : undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return undefined;
    throw error;
  }
}
