/** The installed `berth serve` with real images: registry, scan, page, kernelspec on disk, all over its socket. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KernelSpec, LaunchRecord } from '@berth/schema';
import { KernelDetail, KernelPage, Troubles } from '@berth/schema/rest';
import { buildImages, pushImages } from '../images/images.ts';
import { ownRegistry, type OwnRegistry } from '../images/own-registry.ts';
import { pushImage, removeImage } from '../server/catalog/push-image.ts';
import { freshBuild } from './fresh-build.ts';

jest.setTimeout(120_000);
const root = join(import.meta.dirname, '../..');
const berth = join(root, 'dist/bin/berth');
const NAMES = ['debian-python', 'bash-kernel'];

let registry: OwnRegistry;
let home = '';
let kernels = '';
let child: ChildProcessWithoutNullStreams;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-live-'));
  kernels = join(home, 'kernels');
  const [images] = await Promise.all([buildImages({ only: NAMES }), freshBuild(root)]);
  registry = await ownRegistry();
  await pushImages(images, registry.host);
  await writeFile(
    join(home, 'config.yaml'),
    `sources: { lab: { type: registry, url: "http://${registry.host}" } }\n` +
      `catalog: { cache: ${home}/cache }\nkernels: { directory: ${kernels}, show: 1 }\n`,
  );
  await mkdir(join(home, 's'), { mode: 0o700 });
  child = await serve();
}, 600_000);
afterAll(async () => {
  child?.kill('SIGKILL');
  await registry?.close();
  await rm(home, { recursive: true, force: true });
});

async function serve(): Promise<ChildProcessWithoutNullStreams> {
  const started = spawn(berth, ['serve', '--directory', join(home, 's')], {
    env: { PATH: '/usr/bin:/bin', HOME: home, BERTH_CONFIG: join(home, 'config.yaml') },
  });
  let told = '';
  started.stderr.on('data', (chunk) => (told += String(chunk)));
  const gone = once(started, 'close').then(() => {
    throw new Error(told);
  });
  gone.catch(() => undefined);
  await Promise.race([once(started.stdout, 'data'), gone]);
  return started;
}

const open = (method: string, path: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request({ socketPath: join(home, 's/http.sock'), method, path, agent: false }, resolve)
      .on('error', reject)
      .end();
  });

async function ask(method: string, path: string): Promise<{ status: number; body: unknown }> {
  const response = await open(method, path);
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) };
}

/** Events from now on; `until` resolves with all text when `wanted` is in it. */
async function listen() {
  const response = await open('GET', '/v1/events');
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  response.on('error', () => undefined);
  const until = async (wanted: RegExp): Promise<string> => {
    while (!wanted.test(text)) await once(response, 'data');
    return text;
  };
  await until(/^id: /);
  return { until, end: () => response.destroy() };
}

/** A scan from its beginning to its end, as a page sees it. */
async function scanned(): Promise<string> {
  const events = await listen();
  // one that has begun by itself goes on
  expect((await ask('POST', '/v1/scan')).status).toBe(202);
  const text = await events.until(/event: scan\ndata: \{"state":"idle"/);
  events.end();
  return text;
}
const specs = async (): Promise<readonly string[]> =>
  (await readdir(kernels)).filter((name) => !name.startsWith('.')).sort();
const page = async (query = ''): Promise<KernelPage> =>
  KernelPage.parse((await ask('GET', `/v1/kernels${query}`)).body);

test('scan, list, offer one, start record on disk, withdraw; a restart knows it all at once', async () => {
  const events = await scanned();
  expect(events).toMatch(/event: kernels\ndata: \{"revision":"[0-9a-f]{16}"\}/);
  const all = await page();
  // debian-python has one, bash-kernel two, under one tag each
  expect(all.kernels.map(({ displayName }) => displayName.split(' · ')[0]).sort()).toEqual([
    'Bash',
    'Python 3.11',
    'Python 3.11',
  ]);
  expect(await specs()).toEqual([]);

  const bash = (await page('?search=bash&language=bash')).kernels[0];
  const name = bash?.name ?? '';
  const detail = KernelDetail.parse((await ask('GET', `/v1/kernels/${name}`)).body);
  expect(detail.evidence.map(({ path }) => path)).toContainEqual(expect.stringMatching(/kernel\.json$/));
  const told = await listen();
  expect((await ask('PUT', `/v1/kernels/${name}/kernelspec`)).status).toBe(204);
  await told.until(/event: kernelspecs\n/);
  told.end();
  expect(await specs()).toEqual([name]);
  const spec = KernelSpec.parse(JSON.parse(await readFile(join(kernels, name, 'kernel.json'), 'utf8')));
  expect(spec).toMatchObject({ display_name: bash?.displayName, language: 'bash' });
  expect(spec.argv).toEqual([berth, 'kernel', join(kernels, name), '{connection_file}']);
  const record = LaunchRecord.parse(JSON.parse(await readFile(join(kernels, name, 'berth.json'), 'utf8')));
  expect(record.image.digest).toBe(detail.digest);

  child.stdin.end();
  await once(child, 'close');
  expect(child.exitCode).toBe(0);
  child = await serve();
  const again = await page();
  expect(again.kernels.map((kernel) => [kernel.name, kernel.offered])).toEqual(
    all.kernels.map((kernel) => [kernel.name, kernel.name === name]),
  );
  expect((await ask('GET', '/v1/scan')).body).toMatchObject({ state: 'idle', last: { kernels: 3 } });

  expect((await ask('DELETE', `/v1/kernels/${name}/kernelspec`)).status).toBe(204);
  expect(await specs()).toEqual([]);
});

test('an image that comes and goes; one that holds nothing is told with its reason', async () => {
  const digest = await pushImage(registry.host, 'nothing', '1', [{ path: 'etc/motd', content: 'x' }]);
  await scanned();
  const troubles = Troubles.parse((await ask('GET', '/v1/troubles')).body);
  expect(troubles.images).toEqual([
    { image: 'lab/nothing:1', sentence: expect.stringMatching(/no kernelspec/), hint: expect.any(String) },
  ]);
  await removeImage(registry.host, 'nothing', digest);
  await scanned();
  expect(Troubles.parse((await ask('GET', '/v1/troubles')).body).images).toEqual([]);
});

test('a registry that dies: its kernels stay listed, and the page is told why they may be old (F6)', async () => {
  const { total } = await page();
  await registry.stop();
  await scanned();
  expect((await page()).total).toBe(total);
  const { sources } = Troubles.parse((await ask('GET', '/v1/troubles')).body);
  expect(sources).toEqual([
    {
      source: 'lab',
      sentence: expect.stringMatching(/does not answer.*Shown is what it offered at/),
      hint: expect.any(String),
    },
  ]);
});
