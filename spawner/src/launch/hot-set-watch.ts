import { open, statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rootfs } from '@berth/schema';
import { hasHotSet, hotSetPaths, type HotSetPaths } from '../store/hot-set-paths.ts';
import { startProfile, type Touched } from '../store/start-profile.ts';
import type { StoreOptions } from '../store/store-paths.ts';

/** A start is over when nothing was opened for so long; imports from slow storage make shorter pauses. */
const QUIET_MS = 3000;
/** What a person opens after that is not the start any more. */
const LONGEST_MS = 60_000;

/** Below that the room is better left to images. */
const LEAST_FREE_BYTES = 1024 ** 3;

/** statfs(2) types on which opening a file costs no round trip: ext4, xfs, btrfs, zfs, f2fs, bcachefs, tmpfs. */
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0xf2f52010, 0xca451a4e, 0x01021994,
]);

/**
 * The hot set of an image and kernel, or else where one can be made from this start. Neither for an unpacked
 * directory, which is as fast; nor on a network file system, where four hundred files cost more than one squashfs.
 */
export async function lookForHotSet(
  store: StoreOptions,
  rootfs: Rootfs,
  argv: readonly string[],
): Promise<{ readonly hot?: string; readonly wanted?: HotSetPaths }> {
  if (rootfs.format !== 'squashfs') return {};
  const paths = hotSetPaths(store, rootfs.digest, argv);
  if (await hasHotSet(paths)) return { hot: paths.path };
  const disk = await statfs(store.path).catch(() => undefined);
  const room = disk !== undefined && LOCAL.has(disk.type) && disk.bavail * disk.bsize >= LEAST_FREE_BYTES;
  return room ? { wanted: paths } : {};
}

/** Reads what a mount was asked until the start opens no more files. */
export async function settledStart(asked: string, signal: AbortSignal): Promise<Touched> {
  const profile = startProfile();
  const file = await open(asked, 'r');
  try {
    const began = performance.now();
    let grew = began;
    for (let now = began; now - grew < QUIET_MS && now - began < LONGEST_MS; now = performance.now()) {
      await sleep(QUIET_MS / 6, undefined, { signal, ref: false });
      const before = profile.opened.size;
      for await (const text of file.createReadStream({ encoding: 'latin1', autoClose: false })) {
        profile.push(text as string);
      }
      if (profile.opened.size > before) grew = performance.now();
    }
    return profile;
  } finally {
    await file.close();
  }
}
