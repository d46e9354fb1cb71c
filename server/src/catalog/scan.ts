import { Failure, isFailure, type Config, type Image, type ImageRef, type Source } from '@berth/schema';
import {
  layerIndexer,
  openSource,
  type BlobSource,
  type LayerIndexer,
  type OnNotice,
  type SecretLookups,
} from '@berth/spawner/image';
import { join } from 'node:path';
import { places } from './bounded.ts';
import type { Catalog, CatalogEntry, SourceState } from './catalog.ts';
import { readLastGood, writeLastGood } from './last-good.ts';
import { kernelsOf, lookInto, resolve, type Looker } from './look-into.ts';
import { readShared } from './shared-catalog.ts';

/** Requests under way at once, to all sources together. */
const REQUESTS = 8;

export interface ScanProgress {
  readonly images: number;
  readonly done: number;
  /** bytes that came over the network */
  readonly bytes: number;
}

export interface ScanOptions extends SecretLookups {
  readonly config: Config;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ScanProgress) => void) | undefined;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/**
 * All images of all sources, from what the site service published where there is one. A rotten image is an entry that says so; a source that does not answer gives what it last
 * offered, and says so.
 * @throws Failure `cancelled`
 */
export async function scan(options: ScanOptions): Promise<Catalog> {
  const { shared } = options.config.catalog;
  if (shared !== undefined) return readShared(options.config, shared, options.now());
  return withWork(options, async (work) => {
    // a source that is silent is waited for long before there is anything to count
    options.onProgress?.({ images: 0, done: 0, bytes: 0 });
    const all = await Promise.all(
      Object.entries(options.config.sources).map(([alias, place]) => work.source(alias, place)),
    );
    return { sources: all.map(({ state }) => state), entries: all.flatMap(({ entries }) => entries) };
  });
}

/**
 * One image, by reference.
 * @throws Failure `source-unknown`
 */
export async function inspect(ref: ImageRef, options: ScanOptions): Promise<CatalogEntry> {
  const place = placeOf(ref, options.config);
  return withWork(options, (work) => work.image(ref, work.looker(ref.source, place)));
}

/**
 * One image by reference, without a look into it: for who needs no kernel of it.
 * @throws Failure `source-unknown`, and what the source says
 */
export async function resolveNamed(ref: ImageRef, options: ScanOptions): Promise<Image> {
  const place = placeOf(ref, options.config);
  return withWork(options, (work) => resolve(ref, work.looker(ref.source, place)));
}

function placeOf(ref: ImageRef, { sources }: Config): Source {
  const place = Object.hasOwn(sources, ref.source) ? sources[ref.source] : undefined;
  if (place !== undefined) return place;
  const known = Object.keys(sources).join(', ') || 'none';
  throw new Failure('source-unknown', { source: ref.source, known });
}

async function withWork<T>(options: ScanOptions, act: (work: ScanWork) => Promise<T>): Promise<T> {
  const { config, credentials, keys } = options;
  const indexer = layerIndexer({
    workers: config.catalog.workers,
    cacheDirectory: join(config.catalog.cache, 'layers'),
    limits: config.limits,
    credentials,
    keys,
  });
  try {
    return await act(new ScanWork(options, indexer));
  } catch (cause) {
    throw options.signal?.aborted ? new Failure('cancelled', {}, { cause }) : cause;
  } finally {
    await indexer.close();
  }
}

class ScanWork {
  readonly #options: ScanOptions;
  readonly #indexer: LayerIndexer;
  readonly #request = places(REQUESTS);
  readonly #turn: Looker['turn'];
  #progress: ScanProgress = { images: 0, done: 0, bytes: 0 };

  constructor(options: ScanOptions, indexer: LayerIndexer) {
    this.#options = options;
    this.#indexer = indexer;
    // a tree of a hundred thousand paths is tens of MB: no more of them at once than threads that fill them
    this.#turn = places(options.config.catalog.workers);
  }

  looker(alias: string, place: Source, onNotice?: OnNotice): Looker {
    const { config, credentials, keys, signal } = this.#options;
    const deps = { credentials, keys, limits: config.limits, onNotice };
    const onBytes = (bytes: number): void => this.#tell({ bytes });
    return {
      source: openSource(alias, place, deps),
      place,
      config,
      indexer: this.#indexer,
      turn: this.#turn,
      signal,
      onBytes,
    };
  }

  async image(ref: ImageRef, looker: Looker): Promise<CatalogEntry> {
    this.#tell({ images: 1 });
    const entry = await this.#request(() => lookInto(ref, looker));
    this.#tell({ done: 1 });
    return entry;
  }

  async source(
    alias: string,
    place: Source,
  ): Promise<{ state: SourceState; entries: readonly CatalogEntry[] }> {
    const { config, signal, now } = this.#options;
    const notices: string[] = [];
    let complete = true;
    const looker = this.looker(alias, place, (text, incomplete) => {
      notices.push(text);
      if (incomplete) complete = false;
    });
    let refs: readonly ImageRef[];
    try {
      refs = await listed(looker.source, signal);
    } catch (failure) {
      signal?.throwIfAborted();
      if (!isFailure(failure) || failure.code === 'cancelled') throw failure;
      return this.#lastGood(alias, place, looker, failure);
    }
    const entries = await Promise.all(refs.map((ref) => this.image(ref, looker)));
    const images = entries.flatMap((entry) => (entry.state === 'found' ? [entry.image] : []));
    await writeLastGood(config.catalog.cache, alias, place, { at: new Date(now()).toISOString(), images });
    return { state: { alias, state: 'listed', notices, complete }, entries };
  }

  async #lastGood(alias: string, place: Source, looker: Looker, failure: Failure) {
    const last = await readLastGood(this.#options.config.catalog.cache, alias, place);
    if (last === undefined) return { state: { alias, state: 'unreachable', failure } as const, entries: [] };
    const entries = await Promise.all(last.images.map((image) => this.#known(image, looker)));
    return { state: { alias, state: 'stale', at: last.at, failure } as const, entries };
  }

  /** An image that was resolved before: only what is cached of it is of use now. */
  async #known(image: Parameters<typeof kernelsOf>[0], looker: Looker): Promise<CatalogEntry> {
    try {
      return {
        state: 'found',
        ref: image.ref,
        image,
        ...(await this.#request(() => kernelsOf(image, looker))),
      };
    } catch (failure) {
      this.#options.signal?.throwIfAborted();
      if (!isFailure(failure) || failure.code === 'cancelled') throw failure;
      return { state: 'failed', ref: image.ref, failure };
    }
  }

  #tell(more: Partial<ScanProgress>): void {
    const { images, done, bytes } = this.#progress;
    this.#progress = {
      images: images + (more.images ?? 0),
      done: done + (more.done ?? 0),
      bytes: bytes + (more.bytes ?? 0),
    };
    this.#options.onProgress?.(this.#progress);
  }
}

async function listed(source: BlobSource, signal: AbortSignal | undefined): Promise<readonly ImageRef[]> {
  const refs: ImageRef[] = [];
  for await (const { repository, tag } of source.tags(signal)) {
    refs.push({ source: source.alias as ImageRef['source'], repository, tag });
  }
  return refs;
}
