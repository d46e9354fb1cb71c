import type { Image, Rootfs } from '@berth/schema';
import { setTimeout as delay } from 'node:timers/promises';
import type { BlobSource } from '../image/index.ts';
import { dropClaim, takeClaim, watchClaim } from './claim.ts';
import type { EnsureOptions } from './ensure-options.ts';
import { findRootfs } from './find-rootfs.ts';
import { makeRootfs } from './make-rootfs.ts';
import { makeStore } from './make-store.ts';
import { currentProcess } from './process-identity.ts';
import { storeFailure } from './store-failure.ts';
import { storePaths } from './store-paths.ts';
import { sweep } from './sweep.ts';

/** How often a waiting one looks, in milliseconds: a look is two small reads. */
const LOOK_MS = 200;

/**
 * The rootfs of an image, made when the store does not have it. Of several callers on any nodes one makes it and the others
 * wait for it; when that one dies the next goes on. Nothing unfinished ever has the final name.
 * @throws Failure `store-full` | `store-refused` | `tool-missing` | `rootfs-failed` | `cancelled` | what blobs and layers throw
 */
export async function ensureRootfs(
  image: Image,
  source: BlobSource,
  options: EnsureOptions,
): Promise<Rootfs> {
  const { store, signal } = options;
  try {
    return (await findRootfs(store, image.digest)) ?? (await makeOrWait(image, source, options));
  } catch (error) {
    throw storeFailure(error, store.path, image.digest, signal);
  }
}

async function makeOrWait(image: Image, source: BlobSource, options: EnsureOptions): Promise<Rootfs> {
  const { store, signal, onProgress } = options;
  const paths = storePaths(store, image.digest);
  await makeStore(paths);
  const me = await currentProcess();
  const claim = watchClaim(paths, me);
  for (;;) {
    signal?.throwIfAborted();
    const holder = await claim.look();
    const work = holder === 'free' ? await takeClaim(paths, me) : undefined;
    if (work !== undefined) {
      try {
        // its last holder may have finished between our looks
        const ready = await findRootfs(store, image.digest);
        if (ready !== undefined) return ready;
        await sweep(paths.tmp, work, me);
        return await makeRootfs(image, source, paths, work, options);
      } finally {
        await dropClaim(paths, work);
      }
    }
    if (holder !== 'free') onProgress?.({ doing: 'waiting', bytes: holder.bytes, total: holder.total });
    await delay(LOOK_MS, undefined, { signal });
    const ready = await findRootfs(store, image.digest);
    if (ready !== undefined) return ready;
  }
}
