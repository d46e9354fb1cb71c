import type { Layer, LayerIndex, Limits, Repository } from '@berth/schema';
import type { BlobSource } from './blob-source.ts';
import { decompress } from './decompress.ts';
import { layerFailure, LayerRefusal } from './layer-refusal.ts';
import { LayerScan } from './layer-scan.ts';
import { readBlob } from './read-blob.ts';
import { TarWalker } from './tar-walker.ts';

/** Raised whenever the same layer would give another LayerIndex: older cache files are then not read. */
export const SCANNER = 1;

export type IndexedLayer = Pick<Layer, 'digest' | 'size' | 'compression'>;

export interface IndexLayerOptions {
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
  /** compressed bytes that came over the network, as they come */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

export type LayerIndexerCall = Omit<IndexLayerOptions, 'limits'>;

/** A small layer may be all zeros; the ratio counts beyond this. */
const RATIO_FROM = 16 * 1024 ** 2;

/**
 * Look into a layer in one pass, in this thread: hash, decompress, walk headers, keep what matters. Nothing is returned
 * unless the whole blob had its digest; a damaged blob is told as damaged, not as the odd tar that it seems to be.
 * @throws Failure as `readBlob`, and `layer-invalid` | `limit-exceeded`
 */
export async function indexLayer(
  source: BlobSource,
  repository: Repository,
  layer: IndexedLayer,
  options: IndexLayerOptions,
): Promise<LayerIndex> {
  return ownLayerIndex(await scanLayer(source, repository, layer, options));
}

/** `indexLayer` as JSON, the form in which it is kept and goes from thread to thread. */
export async function scanLayer(
  source: BlobSource,
  repository: Repository,
  layer: IndexedLayer,
  options: IndexLayerOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { limits } = options;
  const { digest } = layer;
  const scan = new LayerScan(limits);
  const walker = new TarWalker(limits, scan);
  const blob = readBlob(source, repository, layer, options);
  let size = 0;
  try {
    for await (const chunk of decompress(keptOpen(blob), layer.compression)) {
      size += chunk.length;
      checkSize(size, layer, limits);
      walker.push(chunk);
    }
    walker.end();
  } catch (error) {
    if (error instanceof LayerRefusal && error.limit === undefined) await drain(blob);
    throw layerFailure(error, digest);
  } finally {
    await blob.return();
  }
  return scan.toJson({ digest, scanner: SCANNER, size });
}

/** Our own encoder wrote it a moment ago: nothing to judge. */
export const ownLayerIndex = (json: Uint8Array): LayerIndex =>
  JSON.parse(new TextDecoder().decode(json)) as LayerIndex;

function checkSize(size: number, layer: IndexedLayer, limits: Limits): void {
  if (size > limits.layerBytes) {
    throw new LayerRefusal('the decompressed size of a layer', {
      key: 'layerBytes',
      value: limits.layerBytes,
    });
  }
  if (layer.compression !== 'none' && size > RATIO_FROM && size > layer.size * limits.layerRatio) {
    throw new LayerRefusal('the compression ratio of a layer', {
      key: 'layerRatio',
      value: limits.layerRatio,
    });
  }
}

/** The same bytes, whose reader cannot end them by leaving early. */
const keptOpen = (blob: AsyncGenerator<Uint8Array, void>): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => ({ next: () => blob.next() }),
});

async function drain(blob: AsyncGenerator<Uint8Array, void>): Promise<void> {
  while (!(await blob.next()).done);
}
