import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { layer, layerKey, turns, type LayerCache } from './layer-cache.ts';
import type { LayerRecipe } from './recipes.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';

const apt = (name: string, below?: string): LayerRecipe => ({
  ...(below !== undefined && { below }),
  steps: [{ kind: 'apt', packages: [name] }],
});
const recipes = { base: apt('base'), left: apt('left', 'base'), right: apt('right', 'base') };
const cacheIn = (directory: string, lines: string[] = []): LayerCache => ({
  directory,
  onProgress: (line) => lines.push(line),
  running: new Map(),
  turn: turns(2),
});

describe('the key of a layer', () => {
  const keys = (of: Readonly<Record<string, LayerRecipe>>) =>
    Object.keys(recipes).map((name) => layerKey(name, 'gzip', of));

  test('changes with its recipe and with those below, and with nothing else', () => {
    const [base, left, right] = keys(recipes);
    expect(keys({ ...recipes, right: apt('other', 'base') })).toEqual([
      base,
      left,
      expect.not.stringMatching(`${right}`),
    ]);
    const all = keys({ ...recipes, base: apt('other') });
    expect(all.filter((key) => [base, left, right].includes(key))).toEqual([]);
  });

  test('tells compressions apart', () => {
    expect(layerKey('left', 'zstd', recipes)).not.toBe(layerKey('left', 'gzip', recipes));
  });
});

test('a layer is built once, however often it is asked for, and then found', () =>
  inTemporaryDirectory(async (directory) => {
    const lines: string[] = [];
    const cache = cacheIn(directory, lines);
    const asked = await Promise.all([
      layer(cache, 'note'),
      layer(cache, 'note'),
      layer(cache, 'note', 'zstd'),
    ]);
    expect(asked[1]).toEqual(asked[0]);
    expect(asked[2]?.diffId).toBe(asked[0]?.diffId);
    expect(lines).toHaveLength(2);
    expect(await layer(cacheIn(directory, lines), 'note')).toEqual(asked[0]);
    expect(lines).toHaveLength(2);
    expect(await readdir(directory)).toEqual(['layers']);
    expect((await readdir(join(directory, 'layers'))).sort()).toEqual(
      [layerKey('note'), layerKey('note', 'zstd')].sort(),
    );
  }));

test('turns: never more than its width at once, all get one, also after a failure', async () => {
  const turn = turns(2);
  let now = 0;
  let most = 0;
  const work = (i: number) => async (): Promise<number> => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
    if (i === 1) throw new Error('no');
    return i;
  };
  const ends = await Promise.allSettled([0, 1, 2, 3, 4].map((i) => turn(work(i))));
  expect(ends.map((end) => end.status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
  expect(most).toBe(2);
});
