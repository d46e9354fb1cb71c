import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { digestParts, type Digest, type LayerIndex } from '@berth/schema';
import { SCANNER } from './index-layer.ts';
import { decodeLayerIndex } from './decode-layer-index.ts';

const compress = promisify(gzip);
const expand = promisify(gunzip);

/** A cache file that claims more is damaged or not ours. */
const LARGEST = 1024 ** 3;

/** The file of a layer in a cache directory: one for each digest and version of the scanner. */
export function layerCacheFile(directory: string, digest: Digest): string {
  const { algorithm, hex } = digestParts(digest);
  return join(directory, 'layers', `v${SCANNER}`, `${algorithm}-${hex}.json.gz`);
}

/** What is known of a layer; a damaged file is removed and counts as absent. */
export async function readLayerCache(directory: string, digest: Digest): Promise<LayerIndex | undefined> {
  const path = layerCacheFile(directory, digest);
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const json = await expand(bytes, { maxOutputLength: LARGEST }).catch(() => undefined);
  const index = json && decodeLayerIndex(json, digest);
  if (index === undefined) await rm(path, { force: true }).catch(() => undefined);
  return index;
}

/**
 * Keep an encoded LayerIndex. Under another name first, then renamed: a reader sees the old state or the new one.
 * @throws file system errors (no room, no rights)
 */
export async function writeLayerCache(directory: string, digest: Digest, json: Uint8Array): Promise<void> {
  const path = layerCacheFile(directory, digest);
  const part = `${path}.${randomBytes(6).toString('hex')}.part`;
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  // level 1: a third larger than 6 at a fifth of the time
  const bytes = await compress(json, { level: 1 });
  try {
    const file = await open(part, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
