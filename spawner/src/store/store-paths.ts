import { digestParts, type Digest, type Rootfs, type StoreConfig } from '@berth/schema';
import { join } from 'node:path';

/** Where and how images are kept ready. `path` is absolute, `~` already expanded. */
export type StoreOptions = Readonly<StoreConfig>;

/** The directories and names of one image in a store; nothing is read or made. */
export interface StorePaths {
  readonly root: string;
  /** directory of the finished ones */
  readonly shelf: string;
  readonly rootfs: Rootfs;
  readonly tmp: string;
  /** what this image's makers call themselves by, below `tmp` */
  readonly name: string;
}

/**
 * ```
 * <store>/sqfs/sha256/<hex>.sqfs     <store>/dir/sha256/<hex>/
 * <store>/tmp/<name>.claim           symbolic link to the work directory of the one who makes it
 * <store>/tmp/<name>.<random>.work/  owner, beat, layers, the unfinished rootfs
 * ```
 * `digest` is the platform manifest's: it names all bytes below it. How a squashfs is compressed is not part of the
 * name: any will do.
 */
export function storePaths(store: StoreOptions, digest: Digest): StorePaths {
  const { algorithm, hex } = digestParts(digest);
  const squashfs = store.format === 'squashfs';
  const shelf = join(store.path, squashfs ? 'sqfs' : 'dir', algorithm);
  const path = join(shelf, squashfs ? `${hex}.sqfs` : hex);
  return {
    root: store.path,
    shelf,
    rootfs: { format: store.format, digest, path },
    tmp: join(store.path, 'tmp'),
    name: `${store.format}-${hex}`,
  };
}
