import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isWithdrawn, setWithdrawn } from '@berth/server/kernelspecs';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-withdrawn-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('a name is remembered, and forgotten when it is wanted again', async () => {
  const kernels = join(directory, 'kernels');
  expect(await isWithdrawn(kernels, 'a')).toBe(false);
  await setWithdrawn(kernels, 'a', false);
  await setWithdrawn(kernels, 'b', true);
  await setWithdrawn(kernels, 'a', true);
  await setWithdrawn(kernels, 'a', true);
  expect([await isWithdrawn(kernels, 'a'), await isWithdrawn(kernels, 'b')]).toEqual([true, true]);
  await setWithdrawn(kernels, 'b', false);
  expect([await isWithdrawn(kernels, 'a'), await isWithdrawn(kernels, 'b')]).toEqual([true, false]);
  expect(await readdir(kernels)).toEqual(['.berth-withdrawn']);
});

test('twenty at once: each is remembered, whoever else writes', async () => {
  const names = Array.from({ length: 20 }, (_, at) => `kernel-${at}`);
  await Promise.all(names.map((name) => setWithdrawn(directory, name, true)));
  expect(await Promise.all(names.map((name) => isWithdrawn(directory, name)))).toEqual(names.map(() => true));
});

test('something else in its place is no memory (F21)', async () => {
  await writeFile(join(directory, '.berth-withdrawn'), '[]');
  expect(await isWithdrawn(directory, 'a')).toBe(false);
});
