import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { imageRecipes, imagesWithoutRoot } from './recipes.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';

function images(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const argv = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.ts'), ...args];
  return spawnSync(process.execPath, argv, { env: { ...process.env, ...env }, encoding: 'utf8' });
}

describe('npm run images', () => {
  test('list names every image', () => {
    const { status, stdout } = images(['list']);
    expect(status).toBe(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('\t')[0]),
    ).toEqual(Object.keys(imageRecipes));
  });

  test('an ordinary user can build what only unpacks', () => {
    expect(imagesWithoutRoot).toEqual(['no-kernel', 'busybox-python', 'plain-python', 'plain-bash']);
  });

  test.each([[[]], [['nosuch']], [['push']], [['build', 'extra']], [['list', '--nosuch']]])(
    '%j is refused',
    (args) => {
      const { status, stderr } = images(args);
      expect(status).toBe(1);
      expect(stderr).toMatch(/usage: images build|nosuch/);
    },
  );

  test('clean empties the cache and nothing beside it, and may be repeated', () =>
    inTemporaryDirectory(async (directory) => {
      const cache = join(directory, 'cache');
      expect(images(['clean'], { BERTH_CACHE: cache }).status).toBe(0);
      expect(images(['clean'], { BERTH_CACHE: cache }).status).toBe(0);
      expect(await readdir(dirname(cache))).toEqual([]);
    }));
});
