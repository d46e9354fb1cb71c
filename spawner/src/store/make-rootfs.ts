import type { Image, Rootfs } from '@berth/schema';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobSource } from '../image/index.ts';
import type { EnsureOptions } from './ensure-options.ts';
import { fetchLayers } from './fetch-layers.ts';
import { findRootfs } from './find-rootfs.ts';
import { packSquashfs } from './pack-squashfs.ts';
import { planRootfs } from './plan-rootfs.ts';
import type { Progress } from './progress.ts';
import type { RootfsSink } from './rootfs-sink.ts';
import type { StorePaths } from './store-paths.ts';
import { streamMembers } from './stream-members.ts';
import { unpackDirectory } from './unpack-directory.ts';
import type { Work } from './work.ts';

/** Fetches, merges and packs in the work directory, then publishes. */
export async function makeRootfs(
  image: Image,
  source: BlobSource,
  paths: StorePaths,
  work: Work,
  options: EnsureOptions,
): Promise<Rootfs> {
  const { store, limits, signal, tar2sqfs } = options;
  const report = reporter(image, work, options);
  const out = join(work.path, 'rootfs');
  // begun first: a packer that is not there is told before gigabytes were fetched for it
  const sink =
    store.format === 'squashfs' ? packSquashfs(out, tar2sqfs, store.compression) : unpackDirectory(out);
  // a packer that hangs is not waited for: killed, it ends whatever waits for it
  const abort = (): void => void sink.abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const layers = await fetchFor(sink, signal, (signal) =>
      fetchLayers(image, source, work.path, { limits, signal, onBytes: report('fetching') }),
    );
    const plan = planRootfs(image.layers.flatMap(({ digest }) => layers.get(digest)?.index ?? []));
    await streamMembers(plan, layers, sink, { limits, signal, onBytes: report('packing') });
    await sink.finish();
  } catch (error) {
    await sink.abort();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  signal?.throwIfAborted();
  return publish(out, paths, options);
}

/** What is fetched for the sink; when that fails meanwhile, fetching ends, and why is thrown. */
async function fetchFor<T>(
  { failed }: RootfsSink,
  signal: AbortSignal | undefined,
  fetch: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const vain = new AbortController();
  failed.catch((error: unknown) => vain.abort(error));
  try {
    return await fetch(signal ? AbortSignal.any([signal, vain.signal]) : vain.signal);
  } catch (error) {
    // a cancel ends the sink, too
    throw vain.signal.aborted && !signal?.aborted ? vain.signal.reason : error;
  }
}

/**
 * Gives it its name. One that came first (by a maker who was taken for dead) stays: replacing a file that is mounted over a
 * network file system breaks the mount.
 */
async function publish(out: string, paths: StorePaths, { store }: EnsureOptions): Promise<Rootfs> {
  const { rootfs, shelf } = paths;
  const first = await findRootfs(store, rootfs.digest);
  if (first !== undefined) return first;
  try {
    await rename(out, rootfs.path);
  } catch (error) {
    // of two that finish in the same moment the second meets a full directory
    const other = await findRootfs(store, rootfs.digest);
    if (other !== undefined) return other;
    throw error;
  }
  const directory = await open(shelf, 'r');
  await directory.sync().finally(() => directory.close());
  return rootfs;
}

/** Counts compressed bytes, the same for fetching and packing; waiting ones are told both as one way. */
function reporter(
  image: Image,
  work: Work,
  { onProgress }: EnsureOptions,
): (doing: Progress['doing']) => (more: number) => void {
  const sizes = new Map(image.layers.map((layer) => [layer.digest, layer.size]));
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return (doing) => {
    let bytes = 0;
    return (more) => {
      bytes += more;
      work.tell(doing === 'fetching' ? bytes : total + bytes, 2 * total);
      onProgress?.({ doing, bytes, total });
    };
  };
}
