import { createReadStream } from 'node:fs';
import { decompress, layerFailure, TarWalker, type TarVisitor } from '../image/index.ts';
import type { FetchedLayer, LayerOptions } from './fetch-layers.ts';

/** Walks the tar of a fetched layer once more. `afterChunk` is awaited between chunks, so a slow reader holds it up. */
export async function walkLayer(
  { file, layer }: FetchedLayer,
  visitor: TarVisitor,
  afterChunk: () => Promise<void>,
  { limits, signal, onBytes }: LayerOptions,
): Promise<void> {
  const stream = createReadStream(file, { highWaterMark: 256 * 1024, ...(signal && { signal }) });
  const blob = counted(stream as AsyncIterable<Buffer>, onBytes);
  const walker = new TarWalker(limits, visitor);
  try {
    for await (const chunk of decompress(blob, layer.compression)) {
      walker.push(chunk);
      await afterChunk();
    }
    walker.end();
  } catch (error) {
    throw layerFailure(error, layer.digest);
  }
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
