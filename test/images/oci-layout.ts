/**
 * A small writer of OCI image layouts (image-spec v1.1, image-layout.md), for test images and for hostile ones.
 *
 * Our own because tests need what builders refuse to make: exact bytes, chosen media types, whiteouts, zstd and gzip
 * side by side, indexes with attestations, two tags on one digest. Nothing here checks its input: wrong values are a use.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';

/** https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md; size in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly os: string; readonly variant?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

export type Compression = 'gzip' | 'zstd' | 'none';

/** A compressed layer as it will be served, and the sha256 of its tar (`diffId`). `blob` is a file's path. */
export interface PackedLayer {
  readonly blob: string;
  readonly descriptor: Descriptor;
  readonly diffId: string;
}

/** A tar (its bytes, or a file's path) that the writer packs. `mediaType` overrides what follows from the rest. */
export interface TarLayer {
  readonly tar: Buffer | string;
  readonly compression: Compression;
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ImageInput {
  readonly layers: readonly (TarLayer | PackedLayer)[];
  /** Merged over `{architecture: 'amd64', os: 'linux', rootfs}`: Env, Labels and so on stand under its key `config`. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Names in the layout's index.json; without one the image is only reachable by digest (a child of an index). */
  readonly tags?: readonly string[];
  /** Media types of Docker's manifest v2, schema 2 instead of OCI's; default false. */
  readonly docker?: boolean;
}

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
export const indexType = 'application/vnd.oci.image.index.v1+json';
export const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar';
const layerSuffix = { gzip: '+gzip', zstd: '+zstd', none: '' } as const;
const dockerTypes: Readonly<Record<string, string>> = {
  [manifestType]: 'application/vnd.docker.distribution.manifest.v2+json',
  [configType]: 'application/vnd.docker.container.image.v1+json',
  [`${layerType}+gzip`]: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
};
const tagAnnotation = 'org.opencontainers.image.ref.name';

/** Where a layout keeps the blob of a digest (`sha256:HEX`). */
export function blobPath(layoutDir: string, digest: string): string {
  return join(layoutDir, 'blobs', ...digest.split(':'));
}

/** Adds a blob and says what descriptors need to know of it. */
export async function writeBlob(layoutDir: string, bytes: Buffer): Promise<{ digest: string; size: number }> {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  await openLayout(layoutDir);
  await writeFile(blobPath(layoutDir, digest), bytes);
  return { digest, size: bytes.length };
}

/** Compresses a tar into `target` in one pass; returns digests of both forms. */
export async function packLayer(layer: TarLayer, target: string): Promise<PackedLayer> {
  const tar = typeof layer.tar === 'string' ? createReadStream(layer.tar) : Readable.from(chunks(layer.tar));
  return packStream(tar, layer, target);
}

/** The same from a stream of tar bytes, for layers that are recompressed. */
export async function packStream(
  tar: Readable,
  layer: Omit<TarLayer, 'tar'>,
  target: string,
): Promise<PackedLayer> {
  const plain = new Meter();
  const packed = new Meter();
  const out = createWriteStream(target, { mode: 0o644 });
  // level 6 and 3 are what docker, buildah and buildkit use
  if (layer.compression === 'gzip') await pipeline(tar, plain, createGzip({ level: 6 }), packed, out);
  else if (layer.compression === 'zstd') await pipeline(tar, plain, createZstdCompress(), packed, out);
  else await pipeline(tar, plain, packed, out);
  const descriptor = {
    mediaType: layer.mediaType ?? layerType + layerSuffix[layer.compression],
    digest: packed.digest(),
    size: packed.size,
    ...(layer.annotations && { annotations: layer.annotations }),
  };
  return { blob: target, descriptor, diffId: plain.digest() };
}

/** Writes layers, config and manifest, and names the manifest in index.json once for every tag. */
export async function writeImage(layoutDir: string, image: ImageInput): Promise<Descriptor> {
  await openLayout(layoutDir);
  const layers: PackedLayer[] = [];
  for (const layer of image.layers) layers.push(await placeLayer(layoutDir, layer));
  const type = (oci: string): string => (image.docker ? (dockerTypes[oci] ?? oci) : oci);
  const config = {
    architecture: 'amd64',
    os: 'linux',
    ...image.config,
    rootfs: image.config?.['rootfs'] ?? { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: type(manifestType),
    config: { mediaType: type(configType), ...(await writeBlob(layoutDir, json(config))) },
    layers: layers.map(({ descriptor }) => ({ ...descriptor, mediaType: type(descriptor.mediaType) })),
    ...(image.annotations && { annotations: image.annotations }),
  };
  return writeManifest(layoutDir, manifest, { mediaType: manifest.mediaType, tags: image.tags ?? [] });
}

/** Writes an index over manifests written before. */
export async function writeIndex(
  layoutDir: string,
  index: {
    readonly manifests: readonly Descriptor[];
    readonly annotations?: Readonly<Record<string, string>>;
    readonly tags?: readonly string[];
  },
): Promise<Descriptor> {
  const { tags, ...fields } = index;
  const document = { schemaVersion: 2, mediaType: indexType, ...fields };
  return writeManifest(layoutDir, document, { mediaType: indexType, tags: tags ?? [] });
}

/** Writes any document as a manifest: the way in for malformed ones. */
export async function writeManifest(
  layoutDir: string,
  document: unknown,
  options: { readonly mediaType: string; readonly tags?: readonly string[] },
): Promise<Descriptor> {
  const descriptor = { mediaType: options.mediaType, ...(await writeBlob(layoutDir, json(document))) };
  const named = (options.tags ?? []).map((tag) => ({ ...descriptor, annotations: { [tagAnnotation]: tag } }));
  const old = (await taggedManifests(layoutDir)).filter(
    (entry) => !options.tags?.includes(entry.annotations?.[tagAnnotation] ?? ''),
  );
  await writeFile(
    join(layoutDir, 'index.json'),
    json({ schemaVersion: 2, mediaType: indexType, manifests: [...old, ...named] }),
  );
  return descriptor;
}

/** What index.json names: one descriptor a tag, the tag in the annotation that `tagOf` reads. */
export async function taggedManifests(layoutDir: string): Promise<readonly Descriptor[]> {
  const text = await readFile(join(layoutDir, 'index.json'), 'utf8');
  // our own file, written above
  return (JSON.parse(text) as { manifests: Descriptor[] }).manifests;
}

export function tagOf(descriptor: Descriptor): string | undefined {
  return descriptor.annotations?.[tagAnnotation];
}

async function openLayout(layoutDir: string): Promise<void> {
  const made = await mkdir(join(layoutDir, 'blobs', 'sha256'), { recursive: true });
  if (made === undefined) return;
  await writeFile(join(layoutDir, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  await writeFile(
    join(layoutDir, 'index.json'),
    json({ schemaVersion: 2, mediaType: indexType, manifests: [] }),
  );
}

async function placeLayer(layoutDir: string, layer: TarLayer | PackedLayer): Promise<PackedLayer> {
  if ('tar' in layer) {
    const packed = await packLayer(layer, join(layoutDir, `layer-${randomUUID()}`));
    const blob = blobPath(layoutDir, packed.descriptor.digest);
    await rename(packed.blob, blob);
    return { ...packed, blob };
  }
  const blob = blobPath(layoutDir, layer.descriptor.digest);
  await rm(blob, { force: true });
  await link(layer.blob, blob).catch(() => copyFile(layer.blob, blob)); // another file system: a copy
  return { ...layer, blob };
}

function json(document: unknown): Buffer {
  return Buffer.from(JSON.stringify(document));
}

function* chunks(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 1 << 18) yield bytes.subarray(at, at + (1 << 18));
}

/** Passes bytes on while it counts and hashes them. */
class Meter extends Transform {
  size = 0;
  readonly #hash = createHash('sha256');

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.size += chunk.length;
    this.#hash.update(chunk);
    done(null, chunk);
  }

  digest(): string {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}
