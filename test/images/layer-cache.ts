/** Layers, built once: `CACHE/layers/KEY/` holds the packed layer and `layer.json` that describes it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { command } from './command.ts';
import { packLayer, packStream, type Compression, type PackedLayer } from './oci-layout.ts';
import { layerRecipes, needsRoot, type LayerRecipe } from './recipes.ts';
import { snapshot, writeDifference } from './tree-diff.ts';
import { clearTraces, doStep, inside } from './tree-steps.ts';
import { tarOf } from './ustar.ts';
import { workDirectory } from './work-directory.ts';

/** To be raised whenever tree-steps.ts, tree-diff.ts or ustar.ts come to make other bytes from the same recipe. */
const recipeFormat = 1;

const stored = z.object({
  descriptor: z.object({ mediaType: z.string(), digest: z.string(), size: z.number() }),
  diffId: z.string(),
});

export interface LayerCache {
  readonly directory: string;
  readonly onProgress: (line: string) => void;
  /** Layers asked for in this run, by key, so that images that share one wait for the same build. */
  readonly running: Map<string, Promise<PackedLayer>>;
  /** Runs its argument when a processor is free for it. */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** At most `width` at once, in the order of asking. */
export function turns(width: number): LayerCache['turn'] {
  let free = width;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

function recipe(name: string, recipes = layerRecipes): LayerRecipe {
  const found = recipes[name];
  if (!found) throw new Error(`no layer is called ${name}`);
  return found;
}

function lowerName(layer: LayerRecipe): string | undefined {
  return 'below' in layer ? layer.below : undefined;
}

/** Hash of the recipe and of those below: what the layer's bytes depend on, short of the packages' versions. */
export function layerKey(
  name: string,
  compression: Compression = 'gzip',
  recipes: Readonly<Record<string, LayerRecipe>> = layerRecipes,
): string {
  const layer = recipe(name, recipes);
  const below = lowerName(layer) === undefined ? '' : layerKey(lowerName(layer) ?? '', 'gzip', recipes);
  const text = JSON.stringify([recipeFormat, below, layer, compression]);
  return `${name}-${compression}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

export function layer(
  cache: LayerCache,
  name: string,
  compression: Compression = 'gzip',
): Promise<PackedLayer> {
  const key = layerKey(name, compression);
  const running =
    cache.running.get(key) ?? find(cache, key).catch(() => prepare(cache, name, compression, key));
  cache.running.set(key, running);
  return running;
}

async function find(cache: LayerCache, key: string): Promise<PackedLayer> {
  const directory = join(cache.directory, 'layers', key);
  const text = await readFile(join(directory, 'layer.json'), 'utf8');
  return { blob: join(directory, 'blob'), ...stored.parse(JSON.parse(text)) };
}

/** The layers below come first, and only then waits for its turn: no layer holds a turn while it waits for another. */
async function prepare(
  cache: LayerCache,
  name: string,
  compression: Compression,
  key: string,
): Promise<PackedLayer> {
  const how = recipe(name);
  const lower = await layersFrom(cache, lowerName(how));
  const source = compression === 'gzip' || 'entries' in how ? undefined : await layer(cache, name);
  return cache.turn(async () => {
    const began = Date.now();
    await build(cache, key, async (work, blob) =>
      source
        ? packStream(createReadStream(source.blob).pipe(createGunzip()), { compression }, blob)
        : packLayer({ tar: await tar(how, lower, work), compression }, blob),
    );
    const packed = await find(cache, key);
    const size = `${(packed.descriptor.size / 1e6).toFixed(1)} MB`;
    cache.onProgress(
      `layer ${name} (${compression}): ${size} in ${((Date.now() - began) / 1000).toFixed(1)} s`,
    );
    return packed;
  });
}

/** Builds beside the final place and renames: an interrupted build leaves nothing that looks like a layer. */
async function build(
  cache: LayerCache,
  key: string,
  pack: (work: string, blob: string) => Promise<PackedLayer>,
): Promise<void> {
  await mkdir(join(cache.directory, 'layers'), { recursive: true });
  const work = await workDirectory(cache.directory);
  try {
    const result = join(work, 'result');
    await mkdir(result);
    const packed = await pack(work, join(result, 'blob'));
    await writeFile(join(result, 'layer.json'), JSON.stringify(stored.parse(packed)));
    await rename(result, join(cache.directory, 'layers', key)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // another process was faster: its layer is as good
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The tar of a layer: from memory, or the difference that the steps make to the tree of the layers below. */
async function tar(how: LayerRecipe, lower: readonly PackedLayer[], work: string): Promise<Buffer | string> {
  if ('entries' in how) return tarOf(how.entries);
  if (process.getuid?.() !== 0 && needsRoot(how))
    throw new Error(
      'test images are built as root (mmdebstrap, chroot): run `npm run images -- build` as root once',
    );
  const root = join(work, 'root');
  const scratch = join(work, 'scratch');
  await mkdir(root);
  await mkdir(scratch);
  // our own base layers have no whiteouts, so unpacking one over the other is merging
  for (const { blob } of lower)
    await command(['tar', '--extract', '--gzip', `--file=${blob}`, `--directory=${root}`, '--numeric-owner']);
  const before = await snapshot(root);
  for (const step of how.steps) await doStep(root, step, scratch);
  await clearTraces(root);
  const result = join(work, 'layer.tar');
  await writeDifference(root, before, result);
  // entering the tree needs root
  if (process.getuid?.() === 0) for (const check of how.check ?? []) await inside(root, check);
  return result;
}

/** The layer and all below it, lowest first. */
async function layersFrom(cache: LayerCache, top: string | undefined): Promise<readonly PackedLayer[]> {
  if (top === undefined) return [];
  return [...(await layersFrom(cache, lowerName(recipe(top)))), await layer(cache, top)];
}
