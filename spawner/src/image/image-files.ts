import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path/posix';
import { TarWalker, type TarLimits } from './tar-walker.ts';
import { layerFailure } from './layer-refusal.ts';

/** The files of an image on disk: those of a directory, or the members of an archive. Paths are relative, with "/". */
export interface ImageFiles {
  /** bytes, or undefined when there is no such file */
  size(path: string): Promise<number | undefined>;
  /** @param path one that has a size */
  open(path: string, start: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

const CHUNK = 256 * 1024;

/** @param directory one's own: links in it are followed */
export function filesOfDirectory(directory: string): ImageFiles {
  return {
    size: async (path) => {
      const found = await stat(join(directory, path)).catch(() => undefined);
      return found?.isFile() ? found.size : undefined;
    },
    open: (path, start, signal) =>
      createReadStream(join(directory, path), { start, highWaterMark: CHUNK, ...(signal && { signal }) }),
  };
}

interface Member {
  readonly offset: number;
  readonly size: number;
}

/**
 * The members of a tar, found in one pass over it; their bytes are then read in place. Two of a name: the last, as when it
 * would be extracted.
 * @throws Failure `layer-invalid` | `limit-exceeded` as walkTar
 */
export async function filesOfTar(file: string, limits: TarLimits, signal?: AbortSignal): Promise<ImageFiles> {
  const members = await membersOf(file, limits, signal);
  const at = (path: string): Member | undefined => members.get(path);
  return {
    size: async (path) => at(path)?.size,
    open: (path, start, stop) => {
      const { offset, size } = at(path) ?? { offset: 0, size: 0 };
      // `end` is inclusive: an empty member cannot be said
      if (start >= size) return nothing();
      const place = { start: offset + start, end: offset + size - 1, highWaterMark: CHUNK };
      return createReadStream(file, { ...place, ...(stop && { signal: stop }) });
    },
  };
}

async function* nothing(): AsyncGenerator<Uint8Array, void> {}

async function membersOf(
  file: string,
  limits: TarLimits,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Member>> {
  const members = new Map<string, Member>();
  const links = new Map<string, string>();
  let chunk: Buffer = Buffer.alloc(0);
  let read = 0;
  let current: { readonly path: string; readonly size: number } | undefined;
  const walker = new TarWalker(limits, {
    entry: ({ type, path, size, target = '' }) => {
      current = type === 'file' ? { path, size } : undefined;
      if (type === 'file') members.set(path, { offset: 0, size });
      // old "docker save" stores a layer once and links to it
      if (type === 'symlink') links.set(path, normalize(join(dirname(path), target)));
      if (type === 'hardlink') links.set(path, target);
    },
    body: (bytes) => {
      if (current === undefined) return;
      members.set(current.path, { offset: read + bytes.byteOffset - chunk.byteOffset, size: current.size });
      current = undefined;
    },
  });
  const handle = await open(file);
  try {
    for await (const bytes of handle.createReadStream({ highWaterMark: CHUNK, ...(signal && { signal }) })) {
      chunk = bytes as Buffer;
      walker.push(chunk);
      read += chunk.length;
    }
    walker.end();
  } catch (error) {
    throw layerFailure(error, file);
  } finally {
    await handle.close();
  }
  for (const [path, target] of links) {
    const member = members.get(target);
    if (member !== undefined && !members.has(path)) members.set(path, member);
  }
  return members;
}
