/** A real registry with tiny images, from tag to kernelspec directory. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Config, LaunchRecord } from '@berth/schema';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scan } from '../../../server/src/catalog/index.ts';
import { syncKernelSpecs } from '../../../server/src/kernelspecs/index.ts';
import type { TarEntry } from '../../images/ustar.ts';
import { ownRegistry, type OwnRegistry } from '../../images/own-registry.ts';
import { SPEC } from './image-of.ts';
import { pushImage, removeImage } from './push-image.ts';

const PYTHON: readonly TarEntry[] = [
  { path: 'usr/bin/python3.11', content: '#!', mode: 0o755 },
  { path: 'usr/bin/python3', type: 'symlink', target: 'python3.11' },
  { path: 'usr/lib/python3/dist-packages/ipykernel_launcher.py', content: '' },
  { path: 'usr/share/jupyter/kernels/python3/kernel.json', content: SPEC },
];
const labelled = (text: string): readonly TarEntry[] => [{ path: 'etc/label', content: text }];

let registry: OwnRegistry;
let work = '';
let config: Config;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'berth-scan-'));
  registry = await ownRegistry();
});
afterAll(async () => {
  await registry.close();
  await rm(work, { recursive: true, force: true });
});
beforeEach(async () => {
  const fresh = await mkdtemp(join(work, 'x-'));
  const images = (await fetch(`http://${registry.host}/v2/_catalog`).then((answer) => answer.json())) as {
    repositories: string[];
  };
  for (const name of images.repositories) {
    const { tags } = (await fetch(`http://${registry.host}/v2/${name}/tags/list`).then((answer) =>
      answer.json(),
    )) as { tags: string[] | null };
    for (const tag of tags ?? []) {
      const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' };
      const head = await fetch(`http://${registry.host}/v2/${name}/manifests/${tag}`, {
        method: 'HEAD',
        headers,
      });
      if (head.ok) await removeImage(registry.host, name, head.headers.get('docker-content-digest') ?? '');
    }
  }
  config = Config.parse({
    sources: { lab: { type: 'registry', url: `http://${registry.host}` } },
    catalog: { cache: join(fresh, 'cache'), workers: 1 },
    kernels: { directory: join(fresh, 'kernels') },
  });
});

let bytes = 0;
const scanned = (of = config) => {
  bytes = 0;
  return scan({ config: of, now: () => Date.now(), onProgress: (progress) => (bytes = progress.bytes) });
};
const sync = async (of = config) =>
  syncKernelSpecs({
    catalog: await scanned(of),
    config: of,
    berth: '/b',
    all: false,
    wanted: () => false,
    now: () => Date.now(),
  });
const recordOf = async (name: string): Promise<LaunchRecord> =>
  LaunchRecord.parse(JSON.parse(await readFile(join(config.kernels.directory, name, 'berth.json'), 'utf8')));

test('the second scan of what did not change reads no byte of a body', async () => {
  await pushImage(registry.host, 'a', '1', PYTHON);
  const first = await scanned();
  expect(bytes).toBeGreaterThan(0);
  const second = await scanned();
  expect(bytes).toBe(0);
  expect(second.entries).toEqual(first.entries);
  expect(first.entries[0]).toMatchObject({ state: 'found', kernels: [{ id: 'python3' }] });
});

test('a tag that moves moves the digest inside; a tag that goes takes its directory along', async () => {
  const first = await pushImage(registry.host, 'moving', '1', PYTHON, labelled('old'));
  const { written } = await sync();
  const name = written[0] ?? '';
  expect((await recordOf(name)).image.digest).toBe(first);
  const second = await pushImage(registry.host, 'moving', '1', PYTHON, labelled('new'));
  expect(await sync()).toMatchObject({ written: [name], removed: [] });
  expect((await recordOf(name)).image.digest).toBe(second);
  await removeImage(registry.host, 'moving', second);
  expect(await sync()).toMatchObject({ written: [], removed: [name] });
});

test('a rotten image is told and the healthy ones stay', async () => {
  await pushImage(registry.host, 'good', '1', PYTHON);
  await pushImage(registry.host, 'rotten', '1', [{ path: 'a/../../etc/passwd', content: 'x' }]);
  const { entries } = await scanned();
  expect(entries.map(({ state }) => state).sort()).toEqual(['failed', 'found']);
  expect(entries.find(({ state }) => state === 'failed')).toMatchObject({
    failure: { code: 'layer-invalid' },
  });
});

test('a registry that stops: its last images with their age, nothing removed (F6); without a memory none', async () => {
  const mortal = await ownRegistry();
  const of = {
    ...config,
    sources: { lab: { ...config.sources['lab' as never], url: `http://${mortal.host}` } },
  } as Config;
  try {
    await pushImage(mortal.host, 'kept', '1', PYTHON);
    const { written } = await sync(of);
    await mortal.stop();
    const stale = await scanned(of);
    expect(stale.sources).toMatchObject([{ state: 'stale', at: expect.stringMatching(/^20/) }]);
    expect(await sync(of)).toMatchObject({ removed: [], unchanged: written });
    await rm(config.catalog.cache, { recursive: true });
    expect(await sync(of)).toMatchObject({ removed: [], kept: written });
  } finally {
    await mortal.close();
  }
});

test('an address at which another server answers by now: nothing removed, what was known stays offered', async () => {
  let wrong = false;
  const proxy = createServer((request, answer) => {
    if (wrong) return void answer.writeHead(404, { 'content-type': 'text/html' }).end('<h1>404</h1>');
    const { method, url, headers } = request;
    const on = { method, headers: { ...headers, host: registry.host } };
    const passed = ask(`http://${registry.host}${url}`, on, (reply) => {
      answer.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.pipe(answer);
    });
    request.pipe(passed);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  try {
    await pushImage(registry.host, 'kept', '1', PYTHON);
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const of = { ...config, sources: { lab: { ...config.sources['lab' as never], url } } } as Config;
    const { written } = await sync(of);
    expect(written).toHaveLength(1);
    wrong = true;
    const failure = { code: 'source-not-registry' };
    const { sources, entries } = await scanned(of);
    expect([sources, entries]).toMatchObject([[{ state: 'stale', failure }], [{ state: 'found' }]]);
    expect(await sync(of)).toMatchObject({ removed: [], unchanged: written });
    await rm(config.catalog.cache, { recursive: true });
    expect((await scanned(of)).sources).toMatchObject([{ state: 'unreachable', failure }]);
    expect(await sync(of)).toMatchObject({ removed: [], kept: written });
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

test('a stop ends the scan with "cancelled"', async () => {
  await pushImage(registry.host, 'a', '1', PYTHON);
  const stopped = scan({ config, now: () => Date.now(), signal: AbortSignal.abort() });
  await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
});
