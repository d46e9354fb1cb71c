import type { Layer, LayerEntry, Limits } from '@berth/schema';
import { createReadStream } from 'node:fs';
import { decompress, layerFailure, TarWalker, type TarEntry, type TarVisitor } from '../image/index.ts';
import { layerEntry } from './layer-entry.ts';

/** Whether a tar member has a place in `LayerIndex.entries`. */
export const counts = (entry: TarEntry): boolean => layerEntry(entry) !== undefined;

/** What a layer says, from its blob as it comes. The blob is read to its end whatever is found in it. */
export async function scanLayer(
  blob: AsyncIterable<Uint8Array>,
  layer: Layer,
  limits: Limits,
): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  const visitor = {
    entry(entry: TarEntry) {
      const found = layerEntry(entry);
      if (found) entries.push(found);
    },
  };
  await readTar(blob, layer, visitor, limits);
  return entries;
}

/** Reads the layer once more from `file`. `onBytes` counts compressed ones; `afterChunk` is awaited. */
export async function readLayer(
  file: string,
  layer: Layer,
  visitor: TarVisitor,
  options: {
    readonly limits: Limits;
    readonly signal?: AbortSignal | undefined;
    readonly onBytes: (bytes: number) => void;
    readonly afterChunk: () => Promise<void>;
  },
): Promise<void> {
  const { signal, onBytes, limits, afterChunk } = options;
  const stream = createReadStream(file, { highWaterMark: 256 * 1024, ...(signal && { signal }) });
  await readTar(counted(stream as AsyncIterable<Buffer>, onBytes), layer, visitor, limits, afterChunk);
}

async function* counted(
  input: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of input) {
    onBytes(chunk.length);
    yield chunk;
  }
}

async function readTar(
  blob: AsyncIterable<Uint8Array>,
  layer: Layer,
  visitor: TarVisitor,
  limits: Limits,
  afterChunk?: () => Promise<void>,
): Promise<void> {
  const walker = new TarWalker(limits, visitor);
  let refusal: { readonly error: unknown } | undefined;
  try {
    for await (const chunk of decompress(blob, layer.compression)) {
      // after a refusal the rest is read all the same: wrong bytes are the better reason, and only the end shows them
      if (refusal !== undefined) continue;
      try {
        walker.push(chunk);
      } catch (error) {
        refusal = { error };
      }
      await afterChunk?.();
    }
    if (refusal !== undefined) throw refusal.error;
    walker.end();
  } catch (error) {
    throw layerFailure(error, layer.digest);
  }
}
