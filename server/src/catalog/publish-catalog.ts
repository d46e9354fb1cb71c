import { sourceAddress, type Config, type Source } from '@berth/schema';
import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Catalog, SourceState } from './catalog.ts';
import { publishedFile, type PublishedSource } from './shared-catalog.ts';

/** Who may read a source's part. */
export interface Readers {
  /** the number of its audience's group; undefined for everybody */
  readonly gid: number | undefined;
}

/**
 * Write what people may read, a directory for each source: with its audience's group and closed to others before anything is in
 * it. A source that did not answer keeps what was published.
 * @param readersOf throws when the group cannot be told: then nothing of that source is published, and `failed` is told
 */
export async function publishCatalog(
  catalog: Catalog,
  config: Pick<Config, 'sources'>,
  directory: string,
  readersOf: (alias: string) => Promise<Readers>,
  at: string,
  failed: (alias: string, error: unknown) => void,
): Promise<void> {
  const sources: Readonly<Record<string, Source>> = config.sources;
  await mkdir(directory, { recursive: true, mode: 0o755 });
  for (const state of catalog.sources) {
    try {
      await publishSource(state);
    } catch (error) {
      // one whose group is mistyped costs no other
      failed(state.alias, error);
    }
  }

  async function publishSource(state: SourceState): Promise<void> {
    const source = sources[state.alias];
    if (source === undefined) return;
    const readers = await readersOf(state.alias);
    // also of one that does not answer: its audience may be new
    await place(directory, state.alias, readers);
    if (state.state === 'unreachable') return;
    const entries = catalog.entries.filter(({ ref }) => ref.source === state.alias);
    const found = entries.flatMap((entry) => (entry.state === 'found' ? [entry] : []));
    const failed = entries.flatMap((entry) => (entry.state === 'failed' ? [entry] : []));
    const published: PublishedSource = {
      version: 1,
      url: sourceAddress(source),
      at: state.state === 'stale' ? state.at : at,
      complete: state.state === 'listed' && state.complete,
      images: found.map(({ image, kernels, seen, broken, notices }) => ({
        image,
        found: { kernels, seen, broken, notices },
      })),
      failed: failed.map(({ ref, failure: { code, details } }) => ({ ref, code, details })),
    };
    await write(publishedFile(directory, state.alias), JSON.stringify(published), readers);
  }
}

async function place(directory: string, alias: string, { gid }: Readers): Promise<void> {
  const path = dirname(publishedFile(directory, alias));
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  // what is in it before it: who may enter and not read takes the source for another group's, and for empty
  await openTo(publishedFile(directory, alias), gid, 0o640, 0o644).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await openTo(path, gid, 0o750, 0o755);
}

async function write(path: string, text: string, { gid }: Readers): Promise<void> {
  const fresh = join(dirname(path), `.${randomUUID()}.new`);
  const file = await open(fresh, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await openTo(fresh, gid, 0o640, 0o644);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

/** The group first: a mode that opens it to the wrong group even for a moment would be too much. */
async function openTo(
  path: string,
  gid: number | undefined,
  forGroup: number,
  forAll: number,
): Promise<void> {
  if (gid !== undefined) await chown(path, process.getuid?.() ?? 0, gid);
  await chmod(path, gid === undefined ? forAll : forGroup);
}
