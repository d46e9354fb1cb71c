import type { Digest, Image, LayerEntry, Layer, Limits } from '@berth/schema';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { readBlob, type BlobSource } from '../image/index.ts';
import { scanLayer } from './layer-file.ts';

/** How many layers come at once: enough to hide a registry's latency, too few to be rude to it. */
const AT_ONCE = 3;

/** A layer in a file of ours, verified, and what it says. */
export interface FetchedLayer {
  readonly layer: Layer;
  readonly file: string;
  readonly entries: readonly LayerEntry[];
}

/**
 * Brings every layer into `directory`, each distinct blob once, and looks through its tar on the way. What was
 * seen counts only after the whole blob's digest was found right (T12): until then nothing is returned.
 * @returns in the order of the image, bottom first
 */
export async function fetchLayers(
  image: Image,
  source: BlobSource,
  directory: string,
  options: {
    readonly limits: Limits;
    readonly signal?: AbortSignal | undefined;
    readonly onBytes: (bytes: number) => void;
  },
): Promise<FetchedLayer[]> {
  // the first failure stops the others before the directory is removed below them
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const found = new Map<Digest, FetchedLayer>();
  const waiting = [...new Map(image.layers.map((layer) => [layer.digest, layer])).values()];
  let failure: { readonly error: unknown } | undefined;

  const fetchNext = async (): Promise<void> => {
    for (let layer = waiting.shift(); layer !== undefined && !failure; layer = waiting.shift()) {
      const file = join(directory, layer.digest.replace(':', '-'));
      try {
        const blob = readBlob(source, image.ref.repository, layer, { ...options, signal });
        const entries = await scanLayer(kept(blob, file), layer, options.limits);
        found.set(layer.digest, { layer, file, entries });
      } catch (error) {
        failure ??= { error };
        stop.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, fetchNext));
  if (failure !== undefined) throw failure.error;
  return image.layers.flatMap((layer) => found.get(layer.digest) ?? []);
}

/** The same bytes, written to a new file as they pass. */
async function* kept(blob: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array, void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of blob) {
      for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
      yield chunk;
    }
  } finally {
    await file.close();
  }
}
