import { stat } from 'node:fs/promises';
import { Failure, type Limits } from '@berth/schema';
import type { Descriptor } from './blob-source.ts';
import { dockerArchive } from './docker-archive.ts';
import { filesOfDirectory, filesOfTar } from './image-files.ts';
import type { LocalImages } from './local-image.ts';
import { ociLayout } from './oci-layout.ts';

/**
 * What people have on disk: an OCI layout (a directory, or a tar of one), or an archive of `docker save`.
 * @throws Failure `image-unfit`
 */
export async function openLocalImages(
  path: string,
  limits: Limits,
  signal?: AbortSignal,
): Promise<LocalImages> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new Failure('image-unfit', { path, why: 'there is no such file' });
  const isDirectory = found.isDirectory();
  const files = isDirectory ? filesOfDirectory(path) : await tarFiles(path, limits, signal);
  if ((await files.size('index.json')) !== undefined) return ociLayout(files, path, limits);
  // never in a directory: its manifest names files, and could name any of yours
  if (!isDirectory && (await files.size('manifest.json')) !== undefined)
    return dockerArchive(files, path, limits);
  const lacks = isDirectory ? 'no "index.json"' : 'neither "index.json" nor "manifest.json"';
  throw new Failure('image-unfit', { path, why: `it has ${lacks}` });
}

async function tarFiles(path: string, limits: Limits, signal: AbortSignal | undefined) {
  try {
    return await filesOfTar(path, limits, signal);
  } catch (cause) {
    if (signal?.aborted) throw new Failure('cancelled', {}, { cause });
    // most often: it is compressed
    const why = cause instanceof Error ? `it is not read as a tar (${cause.message})` : 'it is no tar';
    throw new Failure('image-unfit', { path, why }, { cause });
  }
}

/**
 * The one that is meant: by name, else the only one, else the one that is called as it shall be called.
 * @throws Failure `image-unfit`
 */
export function chooseImage(
  { images }: Pick<LocalImages, 'images'>,
  path: string,
  name: string | undefined,
  tag: string,
): Descriptor {
  const wanted =
    name ?? (new Set(images.map(({ descriptor }) => descriptor.digest)).size === 1 ? undefined : tag);
  const fitting = images.filter(
    ({ names }) => wanted === undefined || names.some((one) => one === wanted || one.endsWith(`:${wanted}`)),
  );
  const digests = new Set(fitting.map(({ descriptor }) => descriptor.digest));
  const first = fitting[0];
  if (first !== undefined && digests.size === 1) return first.descriptor;
  const all =
    images
      .flatMap(({ names }) => names)
      .slice(0, 10)
      .join(', ') || 'no names';
  const why =
    images.length === 0
      ? 'it is empty'
      : name === undefined || first !== undefined
        ? `it holds several (${all}); name one with --image`
        : `none of its images (${all}) is called "${name}"`;
  throw new Failure('image-unfit', { path, why });
}
