import {
  Failure,
  FAILURES,
  formatImageRef,
  Image,
  ImageRef,
  sourceAddress,
  type Config,
  type FailureCode,
  type SharedCatalog,
} from '@berth/schema';
import { constants } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import type { Catalog, CatalogEntry, SourceState } from './catalog.ts';
import { FoundKernels } from './found-kernels.ts';

const FailedImage = z.readonly(
  z.object({
    ref: ImageRef,
    code: z.string(),
    details: z.readonly(z.record(z.string(), z.union([z.string(), z.number()]))),
  }),
);

/** What the site service publishes of one source, at DIRECTORY/ALIAS/catalog.json. */
export const PublishedSource = z.readonly(
  z.object({
    version: z.literal(1),
    /** as the service looked into it: under another address the alias means something else */
    url: z.string(),
    /** ISO 8601 */
    at: z.string(),
    /** whether an image that is not among them is not in the source */
    complete: z.boolean(),
    images: z.readonly(z.array(z.object({ image: Image, found: FoundKernels }))),
    /**
     * those that could not be looked into: they are there, and what was found in them before stays. The first services did not tell
     * them, and called the source incomplete for them
     */
    failed: z._default(z.readonly(z.array(FailedImage)), []),
  }),
);
export type PublishedSource = z.infer<typeof PublishedSource>;

export const publishedFile = (directory: string, alias: string): string =>
  join(directory, alias, 'catalog.json');

/** The service looks every few minutes: what is older is of one that is away, or of a source that is. Milliseconds. */
const OLD = 3_600_000;

const MOST_BYTES = 256 * 1024 * 1024;

/**
 * The catalogue of all sources as the site service published it. Trusted by owner and place alone: what anybody else could have
 * written is not read. A source whose files the person's groups do not open is one that is not there for them.
 * @param now milliseconds since 1970
 */
export async function readShared(
  { sources }: Pick<Config, 'sources'>,
  shared: SharedCatalog,
  now: number,
): Promise<Catalog> {
  const parts = await Promise.all(
    Object.entries(sources).map(([alias, source]) => readSource(alias, sourceAddress(source), shared, now)),
  );
  return { sources: parts.map(({ state }) => state), entries: parts.flatMap(({ entries }) => entries) };
}

interface Part {
  readonly state: SourceState;
  readonly entries: readonly CatalogEntry[];
}

async function readSource(alias: string, url: string, shared: SharedCatalog, now: number): Promise<Part> {
  const unreachable = (why: string, cause?: unknown): Part => {
    const failure = new Failure(
      'source-unreachable',
      { url: `${shared.directory}/${alias}`, why },
      { cause },
    );
    return { state: { alias, state: 'unreachable', failure }, entries: [] };
  };
  try {
    await demandTrusted(join(shared.directory, alias), shared.owner);
    const text = await readTrusted(publishedFile(shared.directory, alias), shared.owner);
    const published = PublishedSource.parse(JSON.parse(text));
    if (published.url !== url) return unreachable('it published another address under this name');
    const entries: readonly CatalogEntry[] = [
      ...published.images.map(
        ({ image, found }) => ({ state: 'found', ref: image.ref, image, ...found }) as const,
      ),
      ...published.failed.map(failedEntry),
    ];
    if (now - Date.parse(published.at) > OLD) {
      const why = 'the site service has not reached it since';
      const failure = new Failure('source-unreachable', { url, why });
      return { state: { alias, state: 'stale', at: published.at, failure }, entries };
    }
    return { state: { alias, state: 'listed', notices: [], complete: published.complete }, entries };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' && (await isForOthers(join(shared.directory, alias), shared.owner)))
      return { state: { alias, state: 'listed', notices: [], complete: true }, entries: [] };
    return unreachable(code === 'ENOENT' ? 'it has not published it yet' : message, error);
  }
}

function failedEntry({ ref, code, details }: z.infer<typeof FailedImage>): CatalogEntry {
  // of a newer service perhaps: that it failed is known all the same
  const failure = Object.hasOwn(FAILURES, code)
    ? new Failure(code as FailureCode, details)
    : new Failure('source-unreachable', { url: formatImageRef(ref), why: code });
  return { state: 'failed', ref, failure };
}

/** Closed to this person by the service itself, for another group; not by a fault somewhere above, which hides all of it. */
async function isForOthers(path: string, owner: number): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found !== undefined && found.uid === owner && (found.mode & 0o007) === 0;
}

/** Every directory from here up is root's or the service's, and nobody else writes there. */
async function demandTrusted(path: string, owner: number): Promise<void> {
  for (let at = path; ; at = dirname(at)) {
    const { uid, mode } = await lstat(at).then((stat) =>
      stat.isDirectory() ? stat : Promise.reject(new Error(`${at} is not a directory`)),
    );
    if (uid !== 0 && uid !== owner) throw new Error(`${at} belongs to somebody else`);
    // in a sticky directory of root's only owners rename and remove
    if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) throw new Error(`others may write in ${at}`);
    if (at === '/') return;
  }
}

async function readTrusted(path: string, owner: number): Promise<string> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile() || stat.uid !== owner || (stat.mode & 0o022) !== 0)
      throw new Error(`${path} is not the service's alone`);
    if (stat.size > MOST_BYTES) throw new Error(`${path} is too long`);
    return await file.readFile('utf8');
  } finally {
    await file?.close();
  }
}

/** What tells one state of what is published from another. */
export async function sharedState(
  { sources }: Pick<Config, 'sources'>,
  shared: SharedCatalog,
): Promise<string> {
  const stats = await Promise.all(
    Object.keys(sources).map((alias) =>
      lstat(publishedFile(shared.directory, alias), { bigint: true }).catch(() => undefined),
    ),
  );
  return stats
    .map((stat) => (stat === undefined ? '-' : [stat.ino, stat.size, stat.mtimeNs].join()))
    .join(';');
}
