import { Failure, type Limits } from '@berth/schema';
import type { ImageFiles } from './image-files.ts';
import { jsonDepth } from './json-depth.ts';
import { readBounded } from './read-bounded.ts';

/** A JSON file of an image on disk, within the limits of manifests. @throws Failure `image-unfit` | `limit-exceeded` */
export async function readJsonFile(
  files: ImageFiles,
  path: string,
  name: string,
  limits: Pick<Limits, 'manifestBytes' | 'jsonDepth'>,
): Promise<unknown> {
  return parseJsonFile(await readFileOf(files, path, name, limits), path, name, limits);
}

/** Its bytes. */
export async function readFileOf(
  files: ImageFiles,
  path: string,
  name: string,
  limits: Pick<Limits, 'manifestBytes'>,
): Promise<Buffer> {
  if ((await files.size(name)) === undefined)
    throw new Failure('image-unfit', { path, why: `${name} is missing` });
  return readBounded(files.open(name, 0), limits.manifestBytes, name);
}

export function parseJsonFile(
  bytes: Buffer,
  path: string,
  name: string,
  limits: Pick<Limits, 'jsonDepth'>,
): unknown {
  const text = bytes.toString('utf8');
  const refuse = (why: string, cause?: unknown): never => {
    throw new Failure('image-unfit', { path, why: `${name} ${why}` }, { cause });
  };
  if (jsonDepth(text) > limits.jsonDepth) refuse('is nested too deep');
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    return refuse('is not JSON', cause);
  }
}
