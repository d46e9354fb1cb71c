import { BERTH_FILE, type Config, type Source } from '@berth/schema';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Catalog } from '../catalog/index.ts';
import { orNotWritten } from './not-written.ts';
import { offersOf, type Found, type Offer } from './offer.ts';
import { specFiles } from './spec-files.ts';
import { isWithdrawn, setWithdrawn } from './withdrawn.ts';
import { clearWorkshop, ownSpecs, removeSpec, specOwner, writeSpec } from './write.ts';

export interface SyncOptions {
  readonly catalog: Catalog;
  readonly config: Config;
  /** the `berth` command, absolute */
  readonly berth: string;
  /** write all, however many */
  readonly all: boolean;
  /** which kernels are asked for by name; they are written whatever the limit */
  readonly wanted: (found: Found) => boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/** Names of directories, by what became of them. */
export interface SyncReport {
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  readonly removed: readonly string[];
  /** somebody else's directory has this name: not touched */
  readonly foreign: readonly string[];
  /** found but not written: more kernels than `kernels.show`, or the person does not want them */
  readonly withheld: readonly string[];
  /** left as they are because their source or image could not be looked at */
  readonly kept: readonly string[];
  /** the `berth` commands of other installations, to which what was renewed pointed; one for each */
  readonly elsewhere: readonly string[];
}

/** All kernels of a catalog, with the source that each launch needs. */
export function foundIn(catalog: Catalog, config: Config): readonly Found[] {
  const sources: Readonly<Record<string, Source>> = config.sources;
  return catalog.entries.flatMap((entry) => {
    const source = sources[entry.ref.source];
    if (entry.state !== 'found' || source === undefined) return [];
    return entry.kernels.map((kernel) => ({ image: entry.image, kernel, source }));
  });
}

/**
 * Bring the kernelspec directory to what the catalog offers. Stopping it leaves each kernelspec old or new, none half.
 * @throws Failure `kernelspec-not-written`
 */
export function syncKernelSpecs(options: SyncOptions): Promise<SyncReport> {
  return orNotWritten(options.config.kernels.directory, () => syncAll(options));
}

async function syncAll(options: SyncOptions): Promise<SyncReport> {
  const { catalog, config, signal } = options;
  const { directory, show } = config.kernels;
  const report = {
    written: [],
    unchanged: [],
    removed: [],
    foreign: [],
    withheld: [],
    kept: [],
    elsewhere: [],
  } satisfies Record<string, string[]>;
  const lists: Record<keyof SyncReport, string[]> = report;
  await mkdir(directory, { recursive: true });
  await clearWorkshop(directory, options.now());
  const offers = offersOf(foundIn(catalog, config));
  const few = offers.length <= show;
  for (const [at, offer] of offers.entries()) {
    signal?.throwIfAborted();
    options.onProgress?.(`kernelspec ${at + 1} of ${offers.length}`);
    const before = await commandOf(join(directory, offer.name, 'kernel.json'));
    const became = await syncOne(offer, options, few);
    lists[became].push(offer.name);
    if (became === 'written' && before !== undefined && before !== options.berth)
      lists.elsewhere.push(before);
  }
  const offered = new Set(offers.map(({ name }) => name));
  for (const name of await ownSpecs(directory)) {
    if (offered.has(name)) continue;
    signal?.throwIfAborted();
    const gone = isGone(await originOf(join(directory, name, BERTH_FILE)), catalog, config);
    if (!gone) lists.kept.push(name);
    else if (await removeSpec(directory, name)) lists.removed.push(name);
  }
  return report;
}

/**
 * One kernelspec. What is there and what the person wants is looked at for this name alone, just before and after it is
 * written: a picture of all, taken at the start of a long sync, would bring back what was withdrawn meanwhile. Whoever
 * withdraws puts the marker before removing, so that one of the two sees what the other has done.
 */
async function syncOne(offer: Offer, options: SyncOptions, few: boolean): Promise<keyof SyncReport> {
  const { config, berth } = options;
  const { directory } = config.kernels;
  const { name } = offer;
  const asked = options.all || options.wanted(offer);
  // asked for by name is a word of the person's as well, and the newer one
  if (asked) await setWithdrawn(directory, name, false);
  else if (await isWithdrawn(directory, name)) return 'withheld';
  else if (!few && (await specOwner(join(directory, name))) !== 'ours') return 'withheld';
  const written = await writeSpec(directory, name, specFiles(offer, config, { directory, berth }));
  if (written === 'foreign' || !(await isWithdrawn(directory, name))) return written;
  await removeSpec(directory, name);
  return 'withheld';
}

const Command = z.object({ argv: z.array(z.string()), metadata: z.object({ berth: z.unknown() }) });

/** The `berth` that a kernelspec of Berth's calls; undefined when there is none. */
async function commandOf(path: string): Promise<string | undefined> {
  try {
    return Command.parse(JSON.parse(await readFile(path, 'utf8'))).argv[0];
  } catch {
    return undefined;
  }
}

/** As much of a launch record as says where it comes from: also that of an older or newer Berth. */
const Origin = z.object({
  image: z.object({
    ref: z.object({ source: z.string(), repository: z.string(), tag: z.optional(z.string()) }),
  }),
});
type Origin = z.infer<typeof Origin>;

async function originOf(path: string): Promise<Origin['image']['ref'] | undefined> {
  try {
    return Origin.parse(JSON.parse(await readFile(path, 'utf8'))).image.ref;
  } catch {
    // unreadable or garbage: it can launch nothing, and belongs to no source
    return undefined;
  }
}

/** Positive evidence only: a source that did not answer, or an image that could not be read, removes nothing. */
function isGone(ref: Origin['image']['ref'] | undefined, catalog: Catalog, config: Config): boolean {
  if (ref === undefined) return catalog.sources.every(({ state }) => state === 'listed');
  if (!Object.hasOwn(config.sources, ref.source)) return true;
  const source = catalog.sources.find(({ alias }) => alias === ref.source);
  if (source?.state !== 'listed') return false;
  const entry = catalog.entries.find(
    (one) =>
      one.ref.source === ref.source && one.ref.repository === ref.repository && one.ref.tag === ref.tag,
  );
  if (entry === undefined) return source.complete;
  return entry.state === 'found' || entry.failure.code === 'image-missing';
}
