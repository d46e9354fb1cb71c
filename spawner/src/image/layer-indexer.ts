import type { Digest, Image, LayerIndex, Limits, Repository, Source } from '@berth/schema';
import type { IndexedLayer, LayerIndexerCall } from './index-layer.ts';
import { readLayerCache } from './layer-cache.ts';
import { secretFinder, type SecretLookups } from './source-secrets.ts';
import { WorkerPool } from './worker-pool.ts';

export interface LayerIndexerOptions extends SecretLookups {
  readonly workers: number;
  /** nothing is kept without one */
  readonly cacheDirectory?: string | undefined;
  readonly limits: Limits;
}

/** Where a layer is: a source as configured, for the worker that opens it. */
export interface LayerPlace {
  readonly alias: string;
  readonly config: Source;
}

/** Looks into layers in worker threads, each digest once: from the cache, with whoever is at it already, or anew. */
export interface LayerIndexer {
  /** @throws Failure as `indexLayer` */
  index(
    place: LayerPlace,
    repository: Repository,
    layer: IndexedLayer,
    call?: LayerIndexerCall,
  ): Promise<LayerIndex>;
  /** Ends the threads; what runs is cancelled. May be called twice. */
  close(): Promise<void>;
}

export function layerIndexer(options: LayerIndexerOptions): LayerIndexer {
  const pool = new WorkerPool(options.workers);
  const running = new Map<Digest, Promise<LayerIndex>>();
  const { cacheDirectory, limits } = options;
  const secretsOf = secretFinder(options);

  const lookInto = async (
    { alias, config }: LayerPlace,
    repository: Repository,
    layer: IndexedLayer,
    call: LayerIndexerCall,
  ): Promise<LayerIndex> => {
    const known =
      cacheDirectory === undefined ? undefined : await readLayerCache(cacheDirectory, layer.digest);
    if (known !== undefined) return known;
    const secrets = await secretsOf(config);
    return pool.run({ alias, config, secrets, repository, layer, limits, cacheDirectory }, call);
  };

  const index: LayerIndexer['index'] = async (place, repository, layer, call = {}) => {
    // another image has the same layer: wait, and look ourselves if that one failed or was cancelled
    await running.get(layer.digest)?.catch(() => undefined);
    const other = running.get(layer.digest);
    if (other !== undefined) return index(place, repository, layer, call);
    const result = lookInto(place, repository, layer, call);
    running.set(layer.digest, result);
    try {
      return await result;
    } finally {
      running.delete(layer.digest);
    }
  };
  return { index, close: () => pool.close() };
}

/**
 * All layers of an image, bottom first as `mergeLayers` wants them. The largest is begun first: it decides when the last
 * one is done.
 * @throws Failure as `indexLayer`, of the first layer that fails
 */
export async function indexImage(
  indexer: LayerIndexer,
  place: LayerPlace,
  image: Pick<Image, 'ref' | 'layers'>,
  call: LayerIndexerCall = {},
): Promise<readonly LayerIndex[]> {
  const begun = new Map<Digest, Promise<LayerIndex>>();
  for (const layer of image.layers.toSorted((a, b) => b.size - a.size)) {
    begun.set(layer.digest, indexer.index(place, image.ref.repository, layer, call));
  }
  await Promise.all(begun.values());
  return Promise.all(image.layers.map(({ digest }) => begun.get(digest) as Promise<LayerIndex>));
}
