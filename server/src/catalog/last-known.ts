import type { Config, Image, Source } from '@berth/schema';
import { places } from './bounded.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { readLastGood } from './last-good.ts';
import { cachedKernels } from './look-into.ts';
import { readShared } from './shared-catalog.ts';

/** Files that are read at once. */
const READS = 16;

export interface LastKnown {
  /** of each source what it last offered, as far as it was looked into; one that was never seen is not there */
  readonly catalog: Catalog;
  /** when the source that was seen longest ago was seen, ISO 8601; undefined when one was never */
  readonly at?: string;
}

/** The catalogue as the last scan left it on disk: no source is asked anything. Damaged parts are left out. */
export async function lastKnown({
  sources,
  catalog,
}: Pick<Config, 'sources' | 'catalog'>): Promise<LastKnown> {
  // without a time, and whatever its age: whoever starts reads it anew
  if (catalog.shared !== undefined) return { catalog: await readShared({ sources }, catalog.shared, 0) };
  const read = places(READS);
  const known: readonly (readonly [string, Source])[] = Object.entries(sources);
  const seen = await Promise.all(
    known.map(async ([alias, place]) => ({ alias, last: await readLastGood(catalog.cache, alias, place) })),
  );
  const entryOf = async (image: Image): Promise<readonly CatalogEntry[]> => {
    const found = await read(() => cachedKernels(image, catalog));
    return found === undefined ? [] : [{ state: 'found', ref: image.ref, image, ...found }];
  };
  const entries = await Promise.all(seen.flatMap(({ last }) => last?.images ?? []).map(entryOf));
  const times = seen.map(({ last }) => last?.at);
  const oldest = times.every((at) => at !== undefined) ? times.toSorted()[0] : undefined;
  return {
    catalog: {
      // not complete: an image that is not among them may be there all the same
      sources: seen.flatMap(({ alias, last }) =>
        last === undefined ? [] : [{ alias, state: 'listed' as const, notices: [], complete: false }],
      ),
      entries: entries.flat(),
    },
    ...(oldest === undefined ? {} : { at: oldest }),
  };
}
