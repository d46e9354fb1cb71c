import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Limits, parseImageRef, RegistrySource, Repository } from '@berth/schema';
import {
  indexImage,
  layerIndexer,
  type IndexedLayer,
  type LayerIndexer,
  type LayerPlace,
} from '@berth/spawner/image';
import { tarOf } from './archives.ts';
import { blobOf } from './memory-source.ts';
import { reply, scriptedServer, type Script, type ScriptedServer } from './scripted-server.ts';

const repository = Repository.parse('lab/x');
const bytes = gzipSync(
  tarOf([
    { path: 'etc/motd', body: 'hello' },
    { path: 'opt/e/pyvenv.cfg', body: 'home=/' },
  ]),
);
const layer: IndexedLayer = { ...blobOf(bytes), compression: 'gzip' };

let directory = '';
let server: ScriptedServer;
let indexer: LayerIndexer;
let script: Script;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'berth-cache-'));
  script = (_, answer) => reply(answer, 200, {}, bytes);
  server = await scriptedServer((request, answer) => script(request, answer));
  indexer = layerIndexer({ workers: 2, cacheDirectory: directory, limits: Limits.parse({}) });
});
afterEach(async () => {
  await indexer.close();
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

const place = (): LayerPlace => ({
  alias: 'lab',
  config: RegistrySource.parse({ type: 'registry', url: server.url, timeout: 5 }),
});
const index = (call = {}) => indexer.index(place(), repository, layer, call);
const kept = (): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('sha256'));

test('fetched once, then 0 bytes; all at once share one fetch', async () => {
  let count = 0;
  const onBytes = (more: number): void => void (count += more);
  const all = await Promise.all([index({ onBytes }), index({ onBytes }), index({ onBytes })]);
  expect(count).toBe(bytes.length);
  expect(server.seen).toHaveLength(1);
  expect(all[0]?.entries).toHaveLength(2);
  expect(all[1]).toEqual(all[0]);
  expect(await index({ onBytes })).toEqual(all[0]);
  expect(server.seen).toHaveLength(1);
  expect(kept()).toHaveLength(1);
});

test('F21: a damaged cache file is dropped and made anew', async () => {
  const first = await index();
  const path = join(directory, kept()[0] ?? '');
  const good = readFileSync(path);
  const other = gzipSync(JSON.stringify({ ...first, digest: `sha256:${'0'.repeat(64)}` }));
  const odd = gzipSync(JSON.stringify({ ...first, entries: [{ type: 'file', path: 1 }] }));
  for (const bad of [Buffer.alloc(0), Buffer.from('x'), good.subarray(0, -5), other, odd]) {
    writeFileSync(path, bad);
    expect(await index()).toEqual(first);
    expect(readFileSync(path).equals(bad)).toBe(false);
  }
  expect(server.seen).toHaveLength(6);
});

describe('T12, T13: nothing is kept of', () => {
  const expectRefused = async (code: string, call = {}): Promise<void> => {
    await expect(index(call)).rejects.toMatchObject({ code });
    expect(kept()).toEqual([]);
  };
  test('a flipped byte', async () => {
    const bad = Buffer.from(bytes);
    bad[30] = (bad[30] as number) ^ 1;
    script = (_, answer) => reply(answer, 200, {}, bad);
    await expectRefused('blob-digest-mismatch');
  });
  test('a body longer than promised, or without end', async () => {
    script = (_, answer) => reply(answer, 200, {}, Buffer.concat([bytes, bytes]));
    await expectRefused('blob-too-long');
    script = (_, answer) => {
      const more = (): boolean => answer.write(Buffer.alloc(65_536)) && !answer.destroyed && more();
      answer.on('drain', more).writeHead(200);
      more();
    };
    await expectRefused('blob-too-long');
  });
  test('a blob that is not there', async () => {
    script = (_, answer) => reply(answer, 404);
    await expectRefused('image-missing');
  });
  test('a fetch that was cancelled while the server says nothing', async () => {
    const controller = new AbortController();
    script = () => controller.abort();
    await expectRefused('cancelled', { signal: controller.signal });
    script = (_, answer) => reply(answer, 200, {}, bytes);
    await expect(index()).resolves.toMatchObject({ digest: layer.digest });
  });
});

test('T13: a connection that breaks is taken up where it broke', async () => {
  script = (request, answer) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from > 0)
      return reply(
        answer,
        206,
        { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` },
        bytes.subarray(from),
      );
    answer.writeHead(200, { 'content-length': bytes.length });
    answer.write(bytes.subarray(0, 40), () => answer.destroy());
  };
  await expect(index()).resolves.toMatchObject({ digest: layer.digest });
  expect(server.seen).toHaveLength(2);
});

test('close ends what runs, and may be called twice', async () => {
  let asked = (): void => undefined;
  const begun = new Promise<void>((resolve) => void (asked = resolve));
  script = () => asked();
  const running = index();
  running.catch(() => undefined);
  await begun;
  await indexer.close();
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  await indexer.close();
});

test('an image: its layers bottom first, one that it has twice once', async () => {
  const upper = gzipSync(tarOf([{ path: 'etc/upper', body: 'x'.repeat(5000) }]));
  const second: IndexedLayer = { ...blobOf(upper), compression: 'gzip' };
  script = (request, answer) => reply(answer, 200, {}, request.url?.includes(second.digest) ? upper : bytes);
  const layers = [layer, second, layer].map((one) => ({ ...one, mediaType: 'x' }));
  const indexes = await indexImage(indexer, place(), { ref: parseImageRef('lab/lab/x:1'), layers });
  expect(indexes.map(({ digest }) => digest)).toEqual([layer.digest, second.digest, layer.digest]);
  expect(server.seen).toHaveLength(2);
});
