import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearWorkshop, ownSpecs, removeSpec, writeSpec } from '../../../server/src/kernelspecs/write.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-specs-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const files = (text: string): ReadonlyMap<string, Buffer> =>
  new Map([
    ['kernel.json', Buffer.from(text)],
    ['berth.json', Buffer.from(text)],
  ]);
const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8');

describe('a directory of ours', () => {
  test('is made, left alone, renewed, and loses what is no longer of it', async () => {
    expect(
      await writeSpec(directory, 'a', new Map([['logo-svg.svg', Buffer.from('x')], ...files('1')])),
    ).toBe('written');
    expect(
      await writeSpec(directory, 'a', new Map([['logo-svg.svg', Buffer.from('x')], ...files('1')])),
    ).toBe('unchanged');
    expect(await writeSpec(directory, 'a', files('2'))).toBe('written');
    expect(await readdir(join(directory, 'a'))).toEqual(['berth.json', 'kernel.json']);
    expect(await read('a/kernel.json')).toBe('2');
    expect(await ownSpecs(directory)).toEqual(['a']);
    expect(await removeSpec(directory, 'a')).toBe(true);
    expect(await removeSpec(directory, 'a')).toBe(false);
    expect(await readdir(directory)).toEqual(['.berth-work']);
    expect(await readdir(join(directory, '.berth-work'))).toEqual([]);
  });

  test('the place of work holds nothing that Jupyter would offer', async () => {
    await writeSpec(directory, 'a', files('1'));
    expect(await readdir(join(directory, '.berth-work'))).not.toContain('kernel.json');
  });
});

describe('what is not ours', () => {
  test('a foreign directory, file or symlink of the same name is neither written nor removed', async () => {
    await mkdir(join(directory, 'foreign'));
    await writeFile(join(directory, 'foreign/kernel.json'), 'theirs');
    await writeFile(join(directory, 'file'), 'theirs');
    await writeSpec(directory, 'real', files('1'));
    await symlink('real', join(directory, 'link'));
    for (const name of ['foreign', 'file', 'link']) {
      expect(await writeSpec(directory, name, files('2'))).toBe('foreign');
      expect(await removeSpec(directory, name)).toBe(false);
    }
    expect(await read('foreign/kernel.json')).toBe('theirs');
    expect(await read('real/kernel.json')).toBe('1');
  });

  test('control: with a record of ours in it, it would be removed', async () => {
    await mkdir(join(directory, 'foreign'));
    await writeFile(join(directory, 'foreign/berth.json'), '{}');
    expect(await removeSpec(directory, 'foreign')).toBe(true);
  });
});

test('writers and removers at once: a reader sees whole files only, and the last word is complete', async () => {
  const big = (mark: string): ReadonlyMap<string, Buffer> => files(mark.repeat(20_000));
  let writing = true;
  const torn: string[] = [];
  const reader = (async () => {
    while (writing) {
      const text = await read('k/kernel.json').catch(() => '');
      if (text !== '' && (text.length !== 20_000 || new Set(text).size !== 1)) torn.push(text.slice(0, 20));
    }
  })();
  const rounds = Array.from({ length: 40 }, (_, at) => at);
  await Promise.all(
    rounds.map((at) =>
      at % 5 === 4 ? removeSpec(directory, 'k') : writeSpec(directory, 'k', big(String(at % 5))),
    ),
  );
  writing = false;
  await reader;
  expect(torn).toEqual([]);
  await writeSpec(directory, 'k', files('end'));
  expect(await read('k/kernel.json')).toBe('end');
  expect(await readdir(join(directory, '.berth-work'))).toEqual([]);
});

test('what a crash left is cleared once it is old, not while another sync may be at it', async () => {
  const left = join(directory, '.berth-work/left');
  await mkdir(left, { recursive: true });
  await mkdir(join(directory, '.berth-work/fresh'));
  await utimes(left, 0, 0);
  await clearWorkshop(directory, Date.now());
  expect(await readdir(join(directory, '.berth-work'))).toEqual(['fresh']);
});
