import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Limits, type Digest, type ImageRef } from '@berth/schema';
import { openLocalImages, type BlobSource } from '@berth/spawner/image';
import { blobPath, writeImage } from '../../images/oci-layout.ts';
import { tarOf } from './archives.ts';

export interface RandomLayout {
  readonly source: BlobSource;
  readonly ref: ImageRef;
  readonly path: string;
  readonly layers: readonly Digest[];
}

/** A layout at `path` with one image, which has one layer of each size, of random bytes. */
export async function randomLayout(path: string, sizes: readonly number[]): Promise<RandomLayout> {
  const layers = sizes.map((size) => ({
    tar: tarOf([{ path: 'random', body: randomBytes(size) }]),
    compression: 'none' as const,
  }));
  await writeImage(path, { layers, tags: ['1'] });
  const source = await openLocalImages(path, Limits.parse({}));
  const digest = source.images[0]?.descriptor.digest as Digest;
  const manifest = JSON.parse(readFileSync(blobPath(path, digest), 'utf8')) as {
    layers: { digest: Digest }[];
  };
  const ref = { source: 'local', repository: 'x', digest } as unknown as ImageRef;
  return { source, ref, path, layers: manifest.layers.map((layer) => layer.digest) };
}
