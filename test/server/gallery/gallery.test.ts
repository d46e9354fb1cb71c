/** A real registry with tiny images: catalogue, kernelspecs and events as the panel gets them. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Config, Failure, KernelSpec } from '@berth/schema';
import type { ScanState, ServerEvent } from '@berth/schema/rest';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gallery } from '../../../server/src/gallery/index.ts';
import { ownRegistry, type OwnRegistry } from '../../images/own-registry.ts';
import type { TarEntry } from '../../images/ustar.ts';
import { SPEC } from '../catalog/image-of.ts';
import { pushImage } from '../catalog/push-image.ts';

const PYTHON: readonly TarEntry[] = [
  { path: 'usr/bin/python3.11', content: '#!', mode: 0o755 },
  { path: 'usr/bin/python3', type: 'symlink', target: 'python3.11' },
  { path: 'usr/lib/python3/dist-packages/ipykernel_launcher.py', content: '' },
  { path: 'usr/share/jupyter/kernels/python3/kernel.json', content: SPEC },
  { path: 'usr/share/jupyter/kernels/python3/logo-64x64.png', content: 'PNG' },
];

let registry: OwnRegistry;
let work = '';
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'berth-gallery-'));
  registry = await ownRegistry();
  for (const name of ['a', 'b', 'c']) await pushImage(registry.host, name, '1', PYTHON);
  await pushImage(registry.host, 'a', 'latest', PYTHON);
  await pushImage(registry.host, 'empty', '1', [{ path: 'etc/motd', content: 'nothing' }]);
  await pushImage(registry.host, 'rotten', '1', [{ path: 'a/../../etc/passwd', content: 'x' }]);
});
afterAll(async () => {
  await registry.close();
  await rm(work, { recursive: true, force: true });
});

let fresh = '';
let kernels = '';
let time = Date.parse('2026-11-21T06:00:00Z');
beforeEach(async () => {
  fresh = await mkdtemp(join(work, 'x-'));
  kernels = join(fresh, 'kernels');
  time = Date.now();
});

const configOf = (more: object = {}, show = 100): Config =>
  Config.parse({
    sources: { lab: { type: 'registry', url: `http://${registry.host}` } },
    catalog: { cache: join(fresh, 'cache'), workers: 1 },
    kernels: { directory: kernels, show },
    ...more,
  });

function open(config: Config | (() => Promise<Config>)) {
  const events: ServerEvent[] = [];
  const ends: string[] = [];
  const troubles: unknown[] = [];
  let told = (): void => undefined;
  const gallery = new Gallery({
    config: typeof config === 'function' ? config : async () => config,
    demandSources: () => undefined,
    complete: async (given) => given,
    credentials: async () => undefined,
    berth: '/opt/berth/bin/berth',
    publish: (event) => {
      events.push(event);
      told();
    },
    onScanEnd: (end) => ends.push(end),
    onTrouble: (error) => troubles.push(error),
    now: () => (time += 2_000),
  });
  /** The end of a scan that was started or is under way. */
  const scanned = async (): Promise<ScanState> => {
    while (gallery.scan().state === 'running') await new Promise<void>((resolve) => (told = resolve));
    return gallery.scan();
  };
  return { gallery, events, ends, troubles, scanned, types: () => new Set(events.map(({ type }) => type)) };
}
const specs = async (): Promise<readonly string[]> =>
  (await readdir(kernels).catch(() => [])).filter((name) => !name.startsWith('.')).sort();

describe('a first start', () => {
  test('looks into everything, writes the kernelspecs, tells it; the next one knows it without asking anybody', async () => {
    const config = configOf();
    const first = open(config);
    await first.gallery.follow();
    expect(await first.scanned()).toMatchObject({
      state: 'idle',
      last: { images: 6, kernels: 4, failed: 1 },
    });
    expect(first.types()).toEqual(new Set(['kernels', 'kernelspecs', 'scan']));
    const page = await first.gallery.page({});
    expect(page).toMatchObject({ total: 4 });
    expect(page.kernels.every(({ offered }) => offered)).toBe(true);
    expect(await specs()).toEqual(page.kernels.map(({ name }) => name).sort());
    // two tags of one digest: one stands for the other
    const [a1, aLatest] = ['lab/a:1', 'lab/a:latest'].map((image) =>
      page.kernels.find((one) => one.image === image),
    );
    expect(aLatest?.sameAs).toBe(a1?.name);
    expect(await first.gallery.troubles()).toMatchObject({
      sources: [],
      images: [
        { image: 'lab/empty:1', sentence: 'no kernelspec and no Python 3 was seen' },
        { image: 'lab/rotten:1', hint: expect.any(String) },
      ],
    });
    const second = open(config);
    await second.gallery.follow();
    expect(second.ends).toEqual([]);
    const again = await second.gallery.page({});
    expect(again.kernels).toEqual(page.kernels);
    expect(second.gallery.scan()).toMatchObject({ state: 'idle', last: { kernels: 4 } });
    expect(second.types()).toEqual(new Set(['kernels']));
  });

  test('asked before it has begun, or with a registry that is gone: what was known', async () => {
    const config = configOf();
    const first = open(config);
    await first.gallery.startScan();
    await first.scanned();
    const second = open(config);
    expect(await second.gallery.page({})).toMatchObject({ total: 4 });
    // an hour later the catalogue is looked at anew
    time += 2 * 3_600_000;
    await second.gallery.follow();
    expect(second.gallery.scan().state).toBe('running');
    expect(await second.scanned()).toMatchObject({ state: 'idle' });
    expect(second.ends).toEqual(['done']);
  });
});

test('more kernels than kernels.show: none is written by itself; one on demand, whole, and it stays', async () => {
  const config = configOf({}, 2);
  const { gallery, scanned, events } = open(config);
  await gallery.startScan();
  await scanned();
  expect(await specs()).toEqual([]);
  const [one] = (await gallery.page({ search: 'lab/b' })).kernels;
  const name = one?.name ?? '';
  events.length = 0;
  await gallery.offer(name);
  expect(await specs()).toEqual([name]);
  const spec = KernelSpec.parse(JSON.parse(await readFile(join(kernels, name, 'kernel.json'), 'utf8')));
  expect(spec.argv).toEqual(['/opt/berth/bin/berth', 'kernel', join(kernels, name), '{connection_file}']);
  expect(await readFile(join(kernels, name, 'logo-64x64.png'), 'utf8')).toBe('PNG');
  expect((await gallery.page({ offered: 'true' })).kernels.map((kernel) => kernel.name)).toEqual([name]);
  expect(events.map(({ type }) => type)).toEqual(['kernels', 'kernelspecs']);
  await gallery.startScan();
  await scanned();
  expect(await specs()).toEqual([name]);
  await gallery.withdraw(name);
  expect(await specs()).toEqual([]);
  await gallery.withdraw(name);
});

test('what is withdrawn stays away although there are few, until it is offered again', async () => {
  const { gallery, scanned } = open(configOf());
  await gallery.startScan();
  await scanned();
  const [name = '', ...others] = await specs();
  await gallery.withdraw(name);
  await gallery.startScan();
  await scanned();
  expect(await specs()).toEqual(others);
  await gallery.offer(name);
  await gallery.startScan();
  await scanned();
  expect(await specs()).toEqual([name, ...others]);
});

test('all withdrawn at once while a scan writes: none comes back, and each is remembered', async () => {
  const { gallery, scanned } = open(configOf());
  await gallery.startScan();
  await scanned();
  const names = await specs();
  expect(names).toHaveLength(4);
  await gallery.startScan();
  await Promise.all(names.map((name) => gallery.withdraw(name)));
  await scanned();
  await gallery.startScan();
  await scanned();
  expect(await specs()).toEqual([]);
});

test.each(['nobody', '..', '../../etc', ''])(
  'a kernel %j that is not known is neither written nor removed',
  async (name) => {
    const { gallery } = open(configOf());
    for (const act of [gallery.detail(name), gallery.offer(name), gallery.withdraw(name)])
      await expect(act).rejects.toMatchObject({ code: 'kernel-unknown' });
    expect(await specs()).toEqual([]);
  },
);

test("somebody else's directory is not touched", async () => {
  const { gallery, scanned } = open(configOf({}, 1));
  await gallery.startScan();
  await scanned();
  const name = (await gallery.page({})).kernels[0]?.name ?? '';
  await mkdir(join(kernels, name), { recursive: true });
  for (const act of [gallery.offer(name), gallery.withdraw(name)])
    await expect(act).rejects.toMatchObject({ code: 'kernelspec-foreign' });
  expect(await readdir(join(kernels, name))).toEqual([]);
});

test('one scan at a time; stopped it is idle and what was known stays', async () => {
  const { gallery, scanned, ends, events } = open(configOf());
  await Promise.all([gallery.startScan(), gallery.startScan()]);
  await scanned();
  const { revision } = await gallery.page({});
  const running = await gallery.startScan();
  expect(running).toMatchObject({ state: 'running', last: { kernels: 4 } });
  await gallery.stopScan();
  await gallery.stopScan();
  expect(gallery.scan()).toMatchObject({ state: 'idle', last: { kernels: 4 } });
  expect(ends).toEqual(['done', 'cancelled']);
  expect((await gallery.page({})).revision).toBe(revision);
  expect(events.at(-1)).toMatchObject({ type: 'scan', value: { state: 'idle' } });
});

test('without a configuration: every question says so, a scan fails with it, and all is well when it is mended', async () => {
  let config: Config | undefined = undefined;
  const { gallery, scanned, ends } = open(async () => {
    if (config === undefined) throw new Failure('config-missing', { file: '/x', example: 'x' });
    return config;
  });
  await gallery.follow();
  for (const ask of [gallery.page({}), gallery.troubles(), gallery.profiles(), gallery.offer('x')])
    await expect(ask).rejects.toMatchObject({ code: 'config-missing' });
  await gallery.startScan();
  expect(await scanned()).toMatchObject({ state: 'failed', problem: { title: 'config-missing' } });
  config = configOf({ profiles: { z: {}, a: {} }, defaultProfile: 'a' });
  await gallery.follow();
  expect(await scanned()).toMatchObject({ state: 'idle', last: { kernels: 4 } });
  await gallery.follow();
  expect(ends).toEqual(['failed', 'done']);
  const { profiles, standard } = await gallery.profiles();
  expect([profiles.map(({ name }) => name), standard]).toEqual([['z', 'a'], 'a']);
});

test('a changed configuration is in the kernelspecs without a scan', async () => {
  let config = configOf();
  const { gallery, scanned, ends, events } = open(async () => config);
  await gallery.follow();
  await scanned();
  const [name = ''] = await specs();
  config = configOf({ profiles: { big: { resources: { cpus: 7 } } }, defaultProfile: 'big' });
  events.length = 0;
  await gallery.follow();
  const record = JSON.parse(await readFile(join(kernels, name, 'berth.json'), 'utf8')) as unknown;
  expect(record).toMatchObject({ resources: { cpus: 7 } });
  expect([ends, events.at(-1)?.type]).toEqual([['done'], 'kernelspecs']);
});

test('kernelspecs that cannot be written: told and logged, tried again ever more seldom, and well when it is mended', async () => {
  const first = open(configOf());
  await first.gallery.follow();
  await first.scanned();
  const written = await specs();
  await rm(kernels, { recursive: true });
  await writeFile(kernels, 'in the way');
  const { gallery, troubles, scanned, ends } = open(configOf());
  const failure = { code: 'kernelspec-not-written', message: expect.stringContaining(kernels) };
  const from = time;
  const tries: number[] = [];
  while (time < from + 3_000_000) {
    await gallery.follow();
    if (troubles.length > tries.length) tries.push(time - from);
    time += 10_000;
  }
  // five in the first ten minutes, then one each ten minutes: not three hundred
  expect(tries.length > 4 && tries.length < 12).toBe(true);
  expect(troubles[0]).toMatchObject(failure);
  const problem = { title: 'kernelspec-not-written' };
  expect(gallery.scan()).toMatchObject({ state: 'failed', problem, last: { kernels: 4 } });
  const [{ name } = { name: '' }] = (await gallery.page({})).kernels;
  await expect(gallery.offer(name)).rejects.toMatchObject(failure);
  await gallery.startScan();
  expect(await scanned()).toMatchObject({ problem });
  await rm(kernels);
  time += 700_000;
  await gallery.follow();
  expect([await specs(), gallery.scan().state, ends]).toEqual([written, 'idle', ['failed']]);
});

test('kernelspecs that "berth kernels sync" removed are seen at the next question', async () => {
  const { gallery, scanned } = open(configOf());
  await gallery.startScan();
  await scanned();
  const [name = ''] = await specs();
  expect(await gallery.detail(name)).toMatchObject({ entry: { offered: true }, bytes: expect.any(Number) });
  await rm(join(kernels, name), { recursive: true });
  expect(await gallery.detail(name)).toMatchObject({ entry: { offered: false } });
});
