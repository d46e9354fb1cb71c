import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Failure } from '@berth/schema';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Catalog, CatalogEntry, SourceState } from '../../../server/src/catalog/index.ts';
import { removeSpec, setWithdrawn, syncKernelSpecs } from '../../../server/src/kernelspecs/index.ts';
import { configIn, imageOf, kernelOf } from './offer-of.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-sync-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const entry = (ref: string): CatalogEntry => ({
  state: 'found',
  ref: imageOf(ref).ref,
  image: imageOf(ref),
  kernels: [kernelOf()],
  seen: [],
  broken: [],
  notices: [],
});
const failed = (ref: string, code: 'layer-invalid' | 'image-missing'): CatalogEntry => ({
  state: 'failed',
  ref: imageOf(ref).ref,
  failure:
    code === 'image-missing' ? new Failure(code, { ref }) : new Failure(code, { digest: 'x', why: 'y' }),
});
const LISTED: SourceState = { alias: 'lab', state: 'listed', notices: [], complete: true };
const away = new Failure('source-unreachable', { url: 'x', why: 'y' });
const catalogOf = (entries: readonly CatalogEntry[], source: SourceState = LISTED): Catalog => ({
  sources: [source],
  entries,
});

const sync = (
  catalog: Catalog,
  more: {
    show?: number;
    all?: boolean;
    wanted?: string;
    signal?: AbortSignal;
    onProgress?: () => void;
  } = {},
) =>
  syncKernelSpecs({
    catalog,
    config: configIn(directory, { kernels: { directory, show: more.show ?? 100 } }),
    berth: '/opt/berth/bin/berth',
    all: more.all ?? false,
    wanted: ({ image }) => image.ref.repository === more.wanted,
    ...(more.signal ? { signal: more.signal } : {}),
    ...(more.onProgress ? { onProgress: more.onProgress } : {}),
    now: () => Date.now(),
  });

describe('removal', () => {
  test('an image that is gone loses its kernelspec; nobody else does', async () => {
    await mkdir(join(directory, 'theirs'));
    await writeFile(join(directory, 'theirs/kernel.json'), '{}');
    await sync(catalogOf([entry('lab/a:1'), entry('lab/b:1')]));
    const { removed, unchanged } = await sync(catalogOf([entry('lab/a:1')]));
    expect([removed.length, unchanged.length]).toEqual([1, 1]);
    expect(await readdir(directory)).toContain('theirs');
  });

  test.each([
    ['a source that does not answer', catalogOf([], { alias: 'lab', state: 'unreachable', failure: away })],
    [
      'a source of which the last good is taken',
      catalogOf([], { alias: 'lab', state: 'stale', at: 'x', failure: away }),
    ],
    ['a list that is known to be cut short', catalogOf([], { ...LISTED, complete: false })],
    ['an image that cannot be read now', catalogOf([failed('lab/a:1', 'layer-invalid')])],
  ])('%s removes nothing', async (_, catalog) => {
    await sync(catalogOf([entry('lab/a:1')]));
    expect(await sync(catalog)).toMatchObject({ removed: [], kept: [expect.any(String)] });
  });

  test('an image whose manifest is missing is gone; so is all of a source that is no longer configured', async () => {
    await sync(catalogOf([entry('lab/a:1')]));
    expect((await sync(catalogOf([failed('lab/a:1', 'image-missing')]))).removed).toHaveLength(1);
    await sync(catalogOf([entry('lab/a:1')]));
    const none = { ...configIn(directory), sources: {} };
    const options = {
      catalog: { sources: [], entries: [] },
      config: none,
      berth: '/b',
      all: false,
      wanted: () => false,
      now: () => 0,
    };
    expect((await syncKernelSpecs(options)).removed).toHaveLength(1);
  });

  test('garbage in our record goes when all sources answered', async () => {
    await mkdir(join(directory, 'old'));
    await writeFile(join(directory, 'old/berth.json'), '\0garbage');
    expect((await sync(catalogOf([], { alias: 'lab', state: 'unreachable', failure: away }))).kept).toEqual([
      'old',
    ]);
    expect((await sync(catalogOf([]))).removed).toEqual(['old']);
  });
});

describe('more kernels than kernels.show', () => {
  const many = catalogOf(['a', 'b', 'c', 'd'].map((name) => entry(`lab/${name}:1`)));

  test('those named and those present are written, the others told', async () => {
    await sync(catalogOf([entry('lab/a:1')]), { show: 2 });
    const report = await sync(many, { show: 2, wanted: 'c' });
    expect(report.unchanged).toHaveLength(1);
    expect(report.written).toEqual([expect.stringMatching(/^python3-c-1-lab-/)]);
    expect(report.withheld).toHaveLength(2);
  });

  test('--all writes all', async () => {
    expect((await sync(many, { show: 2, all: true })).written).toHaveLength(4);
  });
});

test('what the person has withdrawn is told and not written, unless it is named or all are wanted', async () => {
  const two = catalogOf([entry('lab/a:1'), entry('lab/b:1')]);
  const name = (await sync(two)).written[0] ?? '';
  const withdraw = async (): Promise<void> => {
    await setWithdrawn(directory, name, true);
    await removeSpec(directory, name);
  };
  await withdraw();
  expect(await sync(two)).toMatchObject({ written: [], withheld: [name] });
  expect((await sync(two, { wanted: 'a' })).written).toEqual([name]);
  await withdraw();
  expect((await sync(two, { all: true })).written).toEqual([name]);
});

test('what is withdrawn while a sync is under way stays withdrawn', async () => {
  const two = catalogOf([entry('lab/a:1'), entry('lab/b:1')]);
  const { written } = await sync(two);
  let withdrawal: Promise<unknown> | undefined;
  const onProgress = (): void => {
    withdrawal ??= Promise.all(written.map((name) => setWithdrawn(directory, name, true))).then(() =>
      Promise.all(written.map((name) => removeSpec(directory, name))),
    );
  };
  await sync(two, { onProgress });
  await withdrawal;
  expect((await readdir(directory)).filter((name) => !name.startsWith('.'))).toEqual([]);
});

test('a foreign directory of the wanted name is told and not touched', async () => {
  const { written } = await sync(catalogOf([entry('lab/a:1')]));
  const name = written[0] ?? '';
  await rm(join(directory, name, 'berth.json'));
  expect((await sync(catalogOf([entry('lab/a:1')]))).foreign).toEqual([name]);
});

test('two syncs at once end in the same directories, whole', async () => {
  const catalog = catalogOf(Array.from({ length: 10 }, (_, at) => entry(`lab/r${at}:1`)));
  await Promise.all([sync(catalog), sync(catalog), sync(catalog)]);
  const names = (await readdir(directory)).filter((name) => !name.startsWith('.'));
  expect(names).toHaveLength(10);
  for (const name of names)
    expect(await readdir(join(directory, name))).toEqual(['berth.json', 'kernel.json', 'logo-svg.svg']);
});

test('a stop is obeyed', async () => {
  await expect(sync(catalogOf([entry('lab/a:1')]), { signal: AbortSignal.abort() })).rejects.toThrow();
});

test('what pointed to another installation of Berth is told', async () => {
  const catalog = catalogOf([entry('lab/a:1'), entry('lab/b:1')]);
  expect((await sync(catalog)).elsewhere).toEqual([]);
  expect((await sync(catalog)).elsewhere).toEqual([]);
  const config = configIn(directory, { kernels: { directory, show: 100 } });
  const other = { catalog, config, berth: '/other/berth', all: false, wanted: () => false };
  const { written, elsewhere } = await syncKernelSpecs({ ...other, now: () => Date.now() });
  expect([written.length, elsewhere]).toEqual([2, Array(2).fill('/opt/berth/bin/berth')]);
});
