import type { Digest, Image, LayerIndex, Layer, Limits } from '@berth/schema';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { indexLayer, type BlobSource } from '../image/index.ts';

/** How many layers come at once: enough to hide a registry's latency, too few to be rude to it. */
const AT_ONCE = 3;

/** A layer in a file of ours, verified, and what it says. */
export interface FetchedLayer {
  readonly layer: Layer;
  readonly file: string;
  readonly index: LayerIndex;
}

export interface LayerOptions {
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
  /** compressed bytes, as they come */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Brings every layer into `directory`, each distinct blob once, and indexes it on the way. What was seen counts only after
 * the whole blob's digest was found right (T12): until then nothing is returned.
 * @throws Failure as `indexLayer`; a file system error as it is
 */
export async function fetchLayers(
  image: Image,
  source: BlobSource,
  directory: string,
  options: LayerOptions,
): Promise<ReadonlyMap<Digest, FetchedLayer>> {
  // the first failure stops the others before the directory is removed below them
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const found = new Map<Digest, FetchedLayer>();
  const waiting = [...new Map(image.layers.map((layer) => [layer.digest, layer])).values()];
  let failure: { readonly error: unknown } | undefined;

  const fetchNext = async (): Promise<void> => {
    for (let layer = waiting.shift(); layer !== undefined && !failure; layer = waiting.shift()) {
      const file = join(directory, layer.digest.replace(':', '-'));
      const handle = await open(file, 'wx', 0o600);
      try {
        const keeping = keptIn(handle, source);
        const index = await indexLayer(keeping, image.ref.repository, layer, { ...options, signal });
        found.set(layer.digest, { layer, file, index });
      } finally {
        await handle.close();
      }
    }
  };
  const fetchAll = (): Promise<void> =>
    fetchNext().catch((error: unknown) => {
      failure ??= { error };
      stop.abort();
    });
  await Promise.all(Array.from({ length: AT_ONCE }, fetchAll));
  if (failure !== undefined) throw failure.error;
  return found;
}

/** The same source; what it gives is also written to `file`, at its place when a broken transfer goes on. */
function keptIn(file: FileHandle, source: BlobSource): BlobSource {
  return {
    ...source,
    async open(repository, descriptor, signal, range) {
      const bytes = await source.open(repository, descriptor, signal, range);
      return written(file, bytes, range?.start ?? 0);
    },
  };
}

async function* written(
  file: FileHandle,
  bytes: AsyncIterable<Uint8Array>,
  start: number,
): AsyncGenerator<Uint8Array, void> {
  let place = start;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length;) {
      const { bytesWritten } = await file.write(chunk, at, chunk.length - at, place);
      at += bytesWritten;
      place += bytesWritten;
    }
    yield chunk;
  }
}
