import {
  digestParts,
  Image,
  isFailure,
  type Config,
  type Digest,
  type ImageRef,
  type Source,
} from '@berth/schema';
import {
  indexImage,
  mergeLayers,
  parsePlatform,
  resolveImage,
  SCANNER,
  type BlobSource,
  type LayerIndexer,
} from '@berth/spawner/image';
import { join } from 'node:path';
import type { CatalogEntry } from './catalog.ts';
import { FINDER, findKernels } from './find-kernels.ts';
import { FoundKernels } from './found-kernels.ts';
import { readCached, writeCached } from './json-cache.ts';

/** What looking into images of one source needs. */
export interface Looker {
  readonly source: BlobSource;
  readonly place: Source;
  readonly config: Pick<Config, 'catalog' | 'limits'>;
  readonly indexer: LayerIndexer;
  /** bounds how many images are taken apart at once */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** Look into one image. A rotten one gives a failed entry; only a cancel and faults of ours are thrown. */
export async function lookInto(ref: ImageRef, looker: Looker): Promise<CatalogEntry> {
  try {
    const image = await resolve(ref, looker);
    return { state: 'found', ref, image, ...(await kernelsOf(image, looker)) };
  } catch (error) {
    looker.signal?.throwIfAborted();
    if (!isFailure(error) || error.code === 'cancelled') throw error;
    return { state: 'failed', ref, failure: error };
  }
}

/** What a tag means now. One HEAD; what hangs on the digest is known for ever. */
export async function resolve(ref: ImageRef, looker: Looker): Promise<Image> {
  const { source, config, signal, onBytes } = looker;
  const reference = ref.digest ?? ref.tag;
  // resolveImage refuses a reference of neither kind
  const top = reference === undefined ? undefined : await source.resolve(ref.repository, reference, signal);
  const file = top && imageFile(top.digest, config.catalog);
  const known = file && (await readCached(file, Image));
  if (known) return { ...known, ref };
  // asked already: the same answer again instead of a second HEAD, between which the tag could move
  const asked: BlobSource = top ? { ...source, resolve: async () => top } : source;
  const options = {
    platform: parsePlatform(config.catalog.platform),
    limits: config.limits,
    signal,
    onBytes,
  };
  const image = await resolveImage(asked, ref, options);
  if (file) await writeCached(file, image);
  return image;
}

const imageFile = (digest: Digest, { cache, platform }: Config['catalog']): string =>
  join(cache, 'images', `${digestParts(digest).hex}-${platform.replaceAll('/', '-')}.json`);

/** The kernels of an image, cached by its digest and by the versions of scanner and finder. */
export async function kernelsOf(image: Image, looker: Looker): Promise<FoundKernels> {
  const file = kernelsFile(image, looker.config.catalog);
  const known = await readCached(file, FoundKernels);
  if (known) return known;
  const { source, place, indexer, signal, onBytes } = looker;
  const where = { alias: source.alias, config: place };
  const found = await looker.turn(async () =>
    findKernels(mergeLayers(await indexImage(indexer, where, image, { signal, onBytes })), image.config),
  );
  await writeCached(file, found);
  return found;
}

/** The kernels of an image that was looked into before, or undefined. */
export const cachedKernels = (image: Image, catalog: Config['catalog']): Promise<FoundKernels | undefined> =>
  readCached(kernelsFile(image, catalog), FoundKernels);

const kernelsFile = ({ digest }: Image, { cache }: Config['catalog']): string =>
  join(cache, 'kernels', `${digestParts(digest).hex}-${SCANNER}.${FINDER}.json`);
