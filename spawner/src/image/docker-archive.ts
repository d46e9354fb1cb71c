import { createHash } from 'node:crypto';
import { Digest, Failure, type Limits } from '@berth/schema';
import * as z from 'zod/mini';
import type { Descriptor } from './blob-source.ts';
import type { ImageFiles } from './image-files.ts';
import { parseJsonFile, readFileOf, readJsonFile } from './json-file.ts';
import type { LocalImage, LocalImages } from './local-image.ts';

/** Source: Docker, "Image specification v1.2", manifest.json of a combined image and file system archive. */
const ArchiveManifest = z.array(
  z.object({ Config: z.string(), RepoTags: z.nullish(z.array(z.string())), Layers: z.array(z.string()) }),
);
const ArchiveConfig = z.object({ rootfs: z.object({ diff_ids: z.array(Digest) }) });

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** Where a blob's bytes are. */
type Place = { readonly file: string } | { readonly bytes: Buffer };

/**
 * An archive of `docker save` as a source. It has no manifest of the registry's kind: one is made. Layers in it are
 * uncompressed, so their digests are those that the config has always had for them (`diff_ids`), and what does not fit them is
 * refused when it is read.
 * @throws Failure `image-unfit`
 */
export async function dockerArchive(files: ImageFiles, path: string, limits: Limits): Promise<LocalImages> {
  const parsed = ArchiveManifest.safeParse(await readJsonFile(files, path, 'manifest.json', limits));
  if (!parsed.success) throw new Failure('image-unfit', { path, why: 'its manifest.json is not in order' });
  const blobs = new Map<string, Place>();
  const images: LocalImage[] = [];
  for (const { Config, RepoTags, Layers } of parsed.data) {
    const config = await readFileOf(files, path, Config, limits);
    const layers = await layersOf(files, path, Layers, parseJsonFile(config, path, Config, limits));
    for (const { file, descriptor } of layers) blobs.set(descriptor.digest, { file });
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: added(blobs, config, CONFIG),
        layers: layers.map(({ descriptor }) => descriptor),
      }),
    );
    images.push({ names: RepoTags ?? [], descriptor: added(blobs, manifest, MANIFEST) });
  }
  return {
    alias: 'local',
    images,
    tags: async function* () {},
    resolve: async (_repository, reference) => {
      const known = images.find(({ descriptor }) => descriptor.digest === reference);
      if (known !== undefined) return known.descriptor;
      throw new Failure('image-unfit', { path, why: `it does not have ${reference}` });
    },
    open: async (_repository, { digest }, signal, range) => {
      const place = blobs.get(digest);
      const start = range?.start ?? 0;
      if (place === undefined) throw new Failure('image-unfit', { path, why: `it does not have ${digest}` });
      return 'file' in place ? files.open(place.file, start, signal) : one(place.bytes.subarray(start));
    },
  };
}

async function layersOf(
  files: ImageFiles,
  path: string,
  names: readonly string[],
  config: unknown,
): Promise<readonly { readonly file: string; readonly descriptor: Descriptor }[]> {
  const ids = ArchiveConfig.safeParse(config).data?.rootfs.diff_ids ?? [];
  if (ids.length !== names.length)
    throw new Failure('image-unfit', {
      path,
      why: `its config names ${ids.length} layers, not ${names.length}`,
    });
  return Promise.all(
    names.map(async (file, at) => {
      const size = await files.size(file);
      if (size === undefined) throw new Failure('image-unfit', { path, why: `${file} is missing` });
      return { file, descriptor: { mediaType: LAYER, digest: ids[at] as Digest, size } };
    }),
  );
}

function added(blobs: Map<string, Place>, bytes: Buffer, mediaType: string): Descriptor {
  const digest = Digest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  blobs.set(digest, { bytes });
  return { mediaType, digest, size: bytes.length };
}

async function* one(bytes: Buffer): AsyncGenerator<Uint8Array, void> {
  if (bytes.length > 0) yield bytes;
}
