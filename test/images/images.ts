/** The images that tests, benchmarks and the demo use: built once into OCI layouts, pushed to any registry. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { layer, layerKey, turns, type LayerCache } from './layer-cache.ts';
import { writeBlob, writeImage, writeIndex, writeManifest, configType, manifestType } from './oci-layout.ts';
import type { Descriptor, ImageInput, PackedLayer } from './oci-layout.ts';
import { imageRecipes, type ImageRecipe } from './recipes.ts';
import { workDirectory } from './work-directory.ts';
import { pushLayout, type KnownBlobs, type Registry } from './registry-push.ts';

/** To be raised whenever oci-layout.ts or this file come to write another layout from the same recipe. */
const layoutFormat = 1;

export interface BuiltImage {
  readonly name: string;
  readonly repository: string;
  readonly tags: readonly string[];
  /** What a scan must find; `interpreter` is the absolute path of the program inside the image. */
  readonly expectedKernels: readonly { readonly language: string; readonly interpreter?: string }[];
  /** An OCI layout directory in the cache, never to be changed. */
  readonly layout: string;
}

/** `$BERTH_CACHE`, or the place the XDG base directory specification gives. */
export function defaultCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return env['BERTH_CACHE'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'berth-test-images');
}

/**
 * Builds what is not in the cache yet. Needs root, mmdebstrap and the package mirrors for that; a full cache needs none
 * of them. `only` names images (`debian-python`); an unknown name is an error.
 */
export async function buildImages(
  options: {
    readonly only?: readonly string[];
    readonly cacheDir?: string;
    readonly onProgress?: (line: string) => void;
  } = {},
): Promise<readonly BuiltImage[]> {
  const cache: LayerCache = {
    directory: options.cacheDir ?? defaultCacheDir(),
    onProgress: options.onProgress ?? (() => undefined),
    running: new Map(),
    turn: turns(2),
  };
  const names = options.only ?? Object.keys(imageRecipes);
  const known = names.map((name) => {
    const recipe = imageRecipes[name];
    if (!recipe)
      throw new Error(`no image is called ${name}; there are ${Object.keys(imageRecipes).join(', ')}`);
    return { name, recipe };
  });
  const before = process.umask(0o022); // the commands inherit it: an image must be readable to all
  try {
    return await Promise.all(known.map(({ name, recipe }) => buildImage(cache, name, recipe)));
  } finally {
    process.umask(before);
  }
}

/** Pushes all tags of all images over plain http; layers that images share travel once. */
export async function pushImages(
  images: readonly BuiltImage[],
  registryHost: string,
  options: { readonly credentials?: { readonly user: string; readonly password: string } } = {},
): Promise<void> {
  const registry: Registry = { host: registryHost, ...options };
  const known: KnownBlobs = new Map();
  for (const image of images) await pushLayout(image.layout, image.repository, registry, known);
}

async function buildImage(cache: LayerCache, name: string, recipe: ImageRecipe): Promise<BuiltImage> {
  const tags = recipe.tags ?? ['latest'];
  const layout = join(cache.directory, 'images', imageKey(name, recipe));
  const image = { name, repository: `tests/${name}`, tags, expectedKernels: recipe.expectedKernels, layout };
  if (await stat(layout).catch(() => undefined)) return image;
  const layers: PackedLayer[] = [];
  for (const { layer: part, compression } of recipe.layers)
    layers.push(await layer(cache, part, compression));
  await mkdir(join(cache.directory, 'images'), { recursive: true });
  const work = await workDirectory(cache.directory);
  try {
    const input = { layers, config: config(recipe), tags, docker: recipe.docker ?? false };
    await (recipe.index ? writePlatforms(work, input) : writeImage(work, input));
    await chmod(work, 0o755); // mkdtemp's is 0700
    await rename(work, layout).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // another process was faster
    });
    cache.onProgress(`image ${name}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return image;
}

function imageKey(name: string, recipe: ImageRecipe): string {
  const layers = recipe.layers.map((part) => layerKey(part.layer, part.compression));
  const { expectedKernels: _, ...rest } = recipe;
  const text = JSON.stringify([layoutFormat, rest, layers]);
  return `${name}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

function config(recipe: ImageRecipe): Readonly<Record<string, unknown>> {
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const env = Object.entries(recipe.env ?? { PATH: path, LANG: 'C.UTF-8' });
  return {
    created: '2026-01-01T00:00:00Z',
    config: {
      Env: env.map(([key, value]) => `${key}=${value}`),
      Cmd: ['/bin/sh'],
      ...(recipe.workingDir !== undefined && { WorkingDir: recipe.workingDir }),
      Labels: {
        'org.opencontainers.image.title': recipe.title,
        'org.opencontainers.image.version': recipe.version,
      },
    },
  };
}

/** Two platforms over the same layers, and an attestation as `docker buildx` adds it (platform unknown/unknown). */
async function writePlatforms(layout: string, input: ImageInput): Promise<Descriptor> {
  const { tags, ...image } = input;
  const amd64 = await writeImage(layout, image);
  const arm64 = await writeImage(layout, { ...image, config: { ...image.config, architecture: 'arm64' } });
  const attestation = await writeAttestation(layout, amd64);
  const manifests = [
    { ...arm64, platform: { architecture: 'arm64', os: 'linux', variant: 'v8' } },
    { ...amd64, platform: { architecture: 'amd64', os: 'linux' } },
    attestation,
  ];
  return writeIndex(layout, { manifests, ...(tags && { tags }) });
}

/** https://docs.docker.com/build/metadata/attestations/attestation-storage/ */
async function writeAttestation(layout: string, subject: Descriptor): Promise<Descriptor> {
  const statement = {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://slsa.dev/provenance/v0.2',
    subject: [{ name: 'test', digest: { sha256: subject.digest.slice('sha256:'.length) } }],
    predicate: {},
  };
  const blob = await writeBlob(layout, Buffer.from(JSON.stringify(statement)));
  const empty = {
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: [blob.digest] },
  };
  const document = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: configType, ...(await writeBlob(layout, Buffer.from(JSON.stringify(empty)))) },
    layers: [{ mediaType: 'application/vnd.in-toto+json', ...blob }],
  };
  return {
    ...(await writeManifest(layout, document, { mediaType: manifestType })),
    platform: { architecture: 'unknown', os: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': subject.digest,
    },
  };
}
