import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setWithdrawn, withdrawnSpecs } from '@berth/server/kernelspecs';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-withdrawn-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('a name is remembered, and forgotten when it is wanted again; nothing is left beside', async () => {
  const kernels = join(directory, 'kernels');
  expect(await withdrawnSpecs(kernels)).toEqual(new Set());
  await setWithdrawn(kernels, 'b', true);
  await setWithdrawn(kernels, 'a', true);
  await setWithdrawn(kernels, 'a', true);
  expect(await withdrawnSpecs(kernels)).toEqual(new Set(['a', 'b']));
  await setWithdrawn(kernels, 'b', false);
  expect(await withdrawnSpecs(kernels)).toEqual(new Set(['a']));
  expect(await readdir(kernels)).toEqual(['.berth-withdrawn.json']);
});

test.each(['', '{', '{"a": 1}', '[1]'])('a damaged memory %j is none (F21)', async (text) => {
  await writeFile(join(directory, '.berth-withdrawn.json'), text);
  expect(await withdrawnSpecs(directory)).toEqual(new Set());
});
