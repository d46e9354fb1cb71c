import { createServer, type AddressInfo } from 'node:net';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Limits, parseImageRef, type Digest, type Image, type Repository, type Tag } from '@berth/schema';
import {
  layerIndexer,
  mergeLayers,
  openSource,
  parsePlatform,
  readBlob,
  resolveImage,
  type BlobSource,
  type ReadBlobOptions,
  type SourceDeps,
} from '@berth/spawner/image';
import { writeImage } from '../../images/oci-layout.ts';
import { tarOf } from './archives.ts';
import { cuttingProxy, type CuttingProxy } from './cutting-proxy.ts';
import { heldBucket, heldRegistry, type HeldSource } from './held-sources.ts';

/** What every source owes, shown on real servers of each kind: docker-registry, and Ceph with its S3 gateway. */
const limits = Limits.parse({});
const ref = parseImageRef('lab/team/x:1');
/** two waits: enough to see that it is tried again */
const waits = [5, 5];

let directory = '';
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'berth-contract-'));
  const body = Buffer.from(Array.from({ length: 1_500_000 }, (_, at) => (at * at * 7919) % 251));
  const tar = tarOf([
    { path: 'usr/share/jupyter/kernels/a/kernel.json', body: '{}' },
    { path: 'big', body },
  ]);
  // not compressed: the bytes of the layer are then as many as here
  const layers = [{ tar, compression: 'none' as const }];
  await writeImage(join(directory, 'one'), { layers, tags: ['1'] });
  for (const tag of ['1', '2', 'x'])
    await writeImage(join(directory, 'three'), { layers, config: { variant: tag }, tags: [tag] });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const namesOf = async (source: BlobSource): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const { repository, tag } of source.tags()) names.push(`${repository}:${tag}`);
  return names.toSorted();
};

describe.each([
  // docker-registry ends a blob where its manifest does: what is behind that never comes
  ['registry', heldRegistry, 'ok', /^(?:blob-truncated|source-protocol|source-unreachable)$/],
  ['bucket', heldBucket, 'blob-too-long', /^blob-truncated$/],
] as const)('a %s', (_kind, hold, whenTooLong, whenShort) => {
  let held: HeldSource;
  let proxy: CuttingProxy;
  beforeAll(async () => {
    held = await hold();
    proxy = await cuttingProxy(held.host);
    await held.push(join(directory, 'one'), 'team/x', '1');
    for (const tag of ['1', '2', 'x']) await held.push(join(directory, 'three'), 'team/y/z', tag);
  });
  afterAll(async () => {
    await proxy?.close();
    await held?.close();
  });

  const opened = (more: Readonly<Record<string, unknown>> = {}, deps: SourceDeps = {}): BlobSource =>
    openSource('lab', held.config(more), { waits, ...held.login, ...deps });
  const throughProxy = (): BlobSource =>
    openSource('lab', held.config({ timeout: 20 }, proxy.host), { waits, ...held.login });
  const resolve = (source = opened()): Promise<Image> =>
    resolveImage(source, ref, { platform: parsePlatform('linux/amd64'), limits });
  const layerOf = (image: Image) => {
    const [layer] = image.layers;
    if (layer === undefined) throw new Error('no layer');
    return layer;
  };
  const bytesOf = async (
    source: BlobSource,
    image: Image,
    options: Omit<ReadBlobOptions, 'limits'> = {},
  ): Promise<Buffer> => {
    const chunks: Uint8Array[] = [];
    const read = readBlob(source, ref.repository, layerOf(image), { limits, waits, ...options });
    for await (const chunk of read) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  /** Looks into the layer with a fresh cache. @returns the failure's code, and how many files are in the cache */
  const lookInto = async (image: Image) => {
    const cacheDirectory = mkdtempSync(join(directory, 'cache-'));
    const indexer = layerIndexer({ workers: 1, cacheDirectory, ...held.login, limits });
    try {
      const place = { alias: 'lab', config: held.config() };
      const result = await indexer.index(place, ref.repository, layerOf(image)).then(
        (index) => ({ code: 'ok', tree: mergeLayers([index]) }),
        (error: unknown) => ({ code: (error as { code?: string }).code, tree: undefined }),
      );
      const kept = readdirSync(cacheDirectory, { recursive: true, encoding: 'utf8' });
      return { ...result, kept: kept.filter((name) => name.endsWith('.gz')).length };
    } finally {
      await indexer.close();
    }
  };

  describe('lists', () => {
    test('all that is there', async () => {
      expect(await namesOf(opened())).toEqual(['team/x:1', 'team/y/z:1', 'team/y/z:2', 'team/y/z:x']);
    });

    test.each([
      [{ repositories: ['team/x'] }, ['team/x:1']],
      [{ repositories: ['team/y/*'], tags: ['2', '9'] }, ['team/y/z:2']],
      [{ repositories: ['*x', 'team/x'] }, ['team/x:1']],
      [{ repositories: ['nothing'] }, []],
    ])('%j', async (more, expected) => {
      expect(await namesOf(opened(more))).toEqual(expected);
    });

    test('no more than is wanted, and says so', async () => {
      const notices: [string, boolean][] = [];
      const onNotice = (text: string, incomplete: boolean): void => void notices.push([text, incomplete]);
      expect(await namesOf(opened({ maxTags: 2 }, { onNotice }))).toHaveLength(3);
      expect(notices).toEqual([['team/y/z: list truncated at 2 tags', true]]);
      const few = { ...limits, listNames: 1 };
      expect(await namesOf(opened({}, { onNotice, limits: few }))).toHaveLength(1);
      expect(notices.at(-1)).toEqual([expect.stringMatching(/^list truncated at 1 /), true]);
    });
  });

  describe('gives', () => {
    test('what a tag means, and a digest', async () => {
      const source = opened();
      const tagged = await source.resolve(ref.repository, ref.tag as Tag);
      expect(tagged).toMatchObject({ mediaType: 'application/vnd.oci.image.manifest.v1+json' });
      expect(await source.resolve(ref.repository, tagged.digest)).toEqual(tagged);
    });

    test.each(['2', `sha256:${'0'.repeat(64)}`])('no image where there is none: %s', async (reference) => {
      const missing = opened().resolve(ref.repository, reference as Tag | Digest);
      await expect(missing).rejects.toMatchObject({ code: 'image-missing' });
      const blob = { mediaType: 'a/b', digest: `sha256:${'0'.repeat(64)}` as Digest, size: 1 };
      await expect(opened().open(ref.repository, blob)).rejects.toMatchObject({ code: 'image-missing' });
      await expect(opened().resolve('team/none' as Repository, '1' as Tag)).rejects.toMatchObject({
        code: 'image-missing',
      });
    });

    test('bytes from anywhere to the end', async () => {
      const image = await resolve();
      const { digest, size } = layerOf(image);
      const whole = await bytesOf(opened(), image);
      expect(whole).toHaveLength(size);
      for (const start of [1, 1000, size - 300_000, size - 5]) {
        const body = await opened().open(ref.repository, { mediaType: 'a/b', digest, size }, undefined, {
          start,
        });
        const chunks: Uint8Array[] = [];
        for await (const chunk of body) chunks.push(chunk);
        expect(Buffer.concat(chunks).equals(whole.subarray(start))).toBe(true);
      }
    });

    test('a layer that is looked into and kept', async () => {
      const { code, tree, kept } = await lookInto(await resolve());
      expect(code).toBe('ok');
      expect(tree?.body('usr/share/jupyter/kernels/a/kernel.json')?.toString()).toBe('{}');
      expect(kept).toBe(1);
    });
  });

  describe('lets nobody in', () => {
    test.each(['wrong credentials', 'none'])('with %s', async (which) => {
      const deps =
        which === 'none'
          ? { keys: async () => undefined, credentials: async () => undefined }
          : held.wrongLogin;
      for (const asked of [
        () => opened({}, deps).resolve(ref.repository, ref.tag as Tag),
        () => namesOf(opened({}, deps)),
      ])
        await expect(asked()).rejects.toMatchObject({ code: 'source-denied' });
    });
  });

  describe('T12, T13: damaged', () => {
    test('one flipped byte of the layer: refused, nothing kept, and well again', async () => {
      const image = await resolve();
      const flip = (bytes: Buffer): Buffer => {
        bytes.writeUInt8((bytes[bytes.length >> 1] as number) ^ 1, bytes.length >> 1);
        return bytes;
      };
      await held.damaged(layerOf(image).digest, flip, async () => {
        expect(await lookInto(image)).toMatchObject({ code: 'blob-digest-mismatch', kept: 0 });
      });
      expect(await lookInto(image)).toMatchObject({ code: 'ok', kept: 1 });
      for (const digest of [image.digest, image.configDigest])
        await held.damaged(digest, flip, async () => {
          await expect(resolve()).rejects.toMatchObject({
            // docker-registry parses manifests itself
            code: expect.stringMatching(/^(?:blob-digest-mismatch|source-unreachable|image-missing)$/),
          });
        });
    });

    test('truncated at every sixteenth, and too long', async () => {
      const image = await resolve();
      for (let part = 0; part < 16; part += 1)
        await held.damaged(
          layerOf(image).digest,
          (bytes) => bytes.subarray(0, (bytes.length * part) >> 4),
          async () => {
            const { code, kept } = await lookInto(image);
            expect(kept).toBe(0);
            expect(code).toMatch(whenShort);
          },
        );
      await held.damaged(
        layerOf(image).digest,
        (bytes) => Buffer.concat([bytes, bytes.subarray(0, 1)]),
        async () => {
          expect(await lookInto(image)).toMatchObject({
            code: whenTooLong,
            kept: whenTooLong === 'ok' ? 1 : 0,
          });
        },
      );
    });
  });

  describe('F7: with a broken way', () => {
    test('cut in mid-blob: it goes on where it was cut', async () => {
      const image = await resolve();
      const whole = await bytesOf(opened(), image);
      const before = proxy.cut;
      proxy.cutAfter(400_000, 2);
      expect((await bytesOf(throughProxy(), image)).equals(whole)).toBe(true);
      expect(proxy.cut - before).toBe(2);
    });

    test('cut again and again: unreachable, and no wrong byte', async () => {
      const image = await resolve();
      proxy.cutAfter(1000, 1000);
      try {
        await expect(bytesOf(throughProxy(), image)).rejects.toMatchObject({ code: 'source-unreachable' });
      } finally {
        proxy.cutAfter(0, 0);
      }
    });

    test('nobody there', async () => {
      const server = createServer();
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      const { port } = server.address() as AddressInfo;
      await new Promise((done) => server.close(done));
      const source = openSource('lab', held.config({}, `127.0.0.1:${port}`), { waits, ...held.login });
      await expect(namesOf(source)).rejects.toMatchObject({
        code: 'source-unreachable',
        details: { url: `http://127.0.0.1:${port}` },
      });
    });

    test('a server that takes the connection and says nothing', async () => {
      const server = createServer((socket) => void socket.on('error', () => undefined));
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      try {
        const { port } = server.address() as AddressInfo;
        const config = held.config({ timeout: 0.2 }, `127.0.0.1:${port}`);
        const source = openSource('lab', config, { ...held.login, waits: [] });
        await expect(source.resolve(ref.repository, ref.tag as Tag)).rejects.toMatchObject({
          code: 'source-unreachable',
          details: { why: 'no byte for 0.2 s' },
        });
      } finally {
        server.close();
      }
    });

    test('stopped by the person in mid-blob', async () => {
      const image = await resolve();
      const stop = new AbortController();
      const reading = bytesOf(opened(), image, { signal: stop.signal, onBytes: () => stop.abort() });
      await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    });
  });
});
