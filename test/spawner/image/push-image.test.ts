import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BucketSource, Limits, type Digest, type ImageRef, type Repository, type Tag } from '@berth/schema';
import {
  openLocalImages,
  openSource,
  openTarget,
  parsePlatform,
  pushImage,
  readBlob,
  type SourceDeps,
} from '@berth/spawner/image';
import { blobPath, writeImage, writeIndex } from '../../images/oci-layout.ts';
import { tarOf } from './archives.ts';
import { randomLayout, type RandomLayout } from './random-layout.ts';
import { cuttingProxy, type CuttingProxy } from './cutting-proxy.ts';
import { heldBucket, type HeldBucket } from './held-sources.ts';

const limits = Limits.parse({});
const platform = parsePlatform('linux/amd64');
const MIB = 1024 ** 2;
/** The least that S3 takes for a part. */
const PARTS = { above: 6 * MIB, bytes: 5 * MIB };
const waits = [5, 5];

let held: HeldBucket;
let proxy: CuttingProxy;
let directory = '';
/** a bucket of its own for each test */
let prefix = '';
let count = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'berth-push-'));
  held = await heldBucket();
  proxy = await cuttingProxy(held.host);
});
afterAll(async () => {
  await proxy?.close();
  await held?.close();
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(() => {
  count += 1;
  prefix = `push-${count}`;
  proxy.cutAfter(0, 0);
});

const layoutOf = (...sizes: readonly number[]): Promise<RandomLayout> =>
  randomLayout(join(directory, `layout-${count}-${sizes.join('-')}`), sizes);

const as = { repository: 'team/x' as Repository, tag: '1' as Tag };
const config = (more: object = {}, host = held.host): BucketSource =>
  BucketSource.parse({ type: 'bucket', endpoints: [`http://${host}`], bucket: held.bucket, prefix, ...more });
const target = (more: object = {}, host = held.host, deps: SourceDeps = {}) =>
  openTarget('lab', config(more, host), { ...held.login, waits, parts: PARTS, ...deps });
const push = async (
  { source, ref }: Pick<RandomLayout, 'source' | 'ref'>,
  to = target(),
  options: Partial<Parameters<typeof pushImage>[3]> = {},
) => pushImage({ source, ref }, await to, as, { platform, limits, ...options });

/** Every key below the prefix, as any S3 client sees it. */
async function keys(): Promise<readonly string[]> {
  const { Contents } = await held.s3.send(
    new ListObjectsV2Command({ Bucket: held.bucket, Prefix: `${prefix}/` }),
  );
  return (Contents ?? []).map(({ Key }) => (Key ?? '').slice(prefix.length + 1));
}
const keyOf = (digest: Digest): string => `blobs/sha256/${digest.slice(7)}`;
const unfinished = async (): Promise<number> =>
  (await held.s3.send(new ListMultipartUploadsCommand({ Bucket: held.bucket }))).Uploads?.length ?? 0;
const pulled = async (digest: Digest, size: number): Promise<number> => {
  let bytes = 0;
  const source = openSource('lab', config(), held.login);
  for await (const chunk of readBlob(source, as.repository, { digest, size }, { limits }))
    bytes += chunk.length;
  return bytes;
};

describe('a push', () => {
  test('puts blobs, manifest and tag where any client finds them; a second one sends nothing', async () => {
    const layout = await layoutOf(1000, 2 * MIB);
    const progress: number[] = [];
    const first = await push(layout, target(), { onProgress: ({ sent }) => void progress.push(sent) });
    expect(first).toMatchObject({ digest: layout.ref.digest, there: 0, sent: first.total });
    expect(progress.at(-1)).toBe(first.total);
    expect(progress.length).toBeGreaterThan(5);
    const found = await keys();
    expect(found).toHaveLength(6);
    expect(found).toEqual(
      expect.arrayContaining(['oci-layout', 'tags/team/x/1', ...layout.layers.map(keyOf)]),
    );
    expect(await push(layout)).toMatchObject({ sent: 0, there: first.total });
  });

  test("in parts: the object is whole, and its ETag is nobody's digest (T25)", async () => {
    const layout = await layoutOf(12 * MIB);
    await push(layout);
    const digest = layout.layers[0] as Digest;
    const Key = `${prefix}/${keyOf(digest)}`;
    const head = await held.s3.send(new HeadObjectCommand({ Bucket: held.bucket, Key }));
    expect(head.ETag).toMatch(/-3"$/);
    expect(await pulled(digest, head.ContentLength ?? 0)).toBe(head.ContentLength);
    expect(await unfinished()).toBe(0);
  });

  test('of two at once both have pushed', async () => {
    const layout = await layoutOf(3 * MIB, 8 * MIB);
    const [one, two] = await Promise.all([push(layout), push(layout)]);
    expect(one.digest).toBe(two.digest);
    expect(await keys()).toHaveLength(6);
  });

  test('of two who push one tag the last has it, and nobody ever gets a mixture', async () => {
    const layouts = [await layoutOf(1000), await layoutOf(2000)] as const;
    const tagged = async () => openSource('lab', config(), held.login).resolve(as.repository, as.tag);
    const digests = layouts.map(({ ref }) => ref.digest);
    await Promise.all(layouts.map((layout) => push(layout)));
    expect(digests).toContain((await tagged()).digest);
    for (const layout of [...layouts, layouts[0]]) {
      await push(layout);
      expect((await tagged()).digest).toBe(layout.ref.digest);
    }
    for (const digest of digests)
      expect(
        await openSource('lab', config(), held.login).resolve(as.repository, digest as Digest),
      ).toMatchObject({ digest });
  });

  test('an index inside of the index of a layout, as buildx writes it', async () => {
    const layout = await layoutOf(1000);
    const [image] = (await openLocalImages(layout.path, limits)).images;
    if (image === undefined) throw new Error('no image');
    const { descriptor } = image;
    const child = { ...descriptor, platform: { os: 'linux', architecture: 'amd64' } };
    const attestation = { ...descriptor, platform: { os: 'unknown', architecture: 'unknown' } };
    const index = await writeIndex(layout.path, { manifests: [child, attestation], tags: ['1'] });
    const source = await openLocalImages(layout.path, limits);
    expect(source.images.map((one) => one.descriptor.digest)).toEqual([index.digest]);
    const ref = { ...layout.ref, digest: index.digest as Digest };
    expect(await push({ source, ref })).toMatchObject({ digest: descriptor.digest });
    expect(await keys()).toContain('tags/team/x/1');
  });

  test('from another source: of several platforms only the image for ours', async () => {
    const { path } = await layoutOf(1000);
    const image = async (size: number, config: object) =>
      writeImage(path, {
        layers: [{ tar: tarOf([{ path: 'a', body: randomBytes(size) }]), compression: 'none' }],
        config: { ...config },
      });
    const arm = await image(2000, { architecture: 'arm64' });
    const ours = await image(3000, {});
    const attestation = await image(50, {});
    const index = await writeIndex(path, {
      manifests: [
        { ...arm, platform: { os: 'linux', architecture: 'arm64' } },
        { ...ours, platform: { os: 'linux', architecture: 'amd64' } },
        { ...attestation, platform: { os: 'unknown', architecture: 'unknown' } },
      ],
    });
    // as another program than ours would have put it there
    const put = async (key: string, Body: Buffer | string): Promise<void> =>
      void (await held.s3.send(new PutObjectCommand({ Bucket: held.bucket, Key: `${prefix}/${key}`, Body })));
    for (const hex of readdirSync(join(path, 'blobs/sha256')))
      await put(`blobs/sha256/${hex}`, readFileSync(join(path, 'blobs/sha256', hex)));
    await put('tags/team/x/1', JSON.stringify(index));
    const source = openSource('lab', config(), held.login);
    prefix = `${prefix}-copy`;
    const ref = { source: 'lab', repository: 'team/x', tag: '1' } as unknown as ImageRef;
    const result = await push({ source, ref });
    expect(result.digest).toBe(ours.digest);
    const found = await keys();
    expect(found).toHaveLength(5);
    expect(found).toContain(keyOf(ours.digest as Digest));
  });

  test('over a line that needs longer than a blob may take to fetch', async () => {
    const layout = await layoutOf(3 * MIB);
    const slow = await target();
    const to = {
      ...slow,
      putBlob: (...[blob, bytes, options]: Parameters<typeof slow.putBlob>) =>
        slow.putBlob(
          blob,
          async function* () {
            for await (const chunk of bytes()) {
              if (blob.size > MIB) await delay(100);
              yield chunk;
            }
          },
          options,
        ),
    };
    const began = performance.now();
    await push(layout, Promise.resolve(to), { limits: { ...limits, blobSeconds: 1 } });
    expect(performance.now() - began).toBeGreaterThan(1000);
  });
});

describe('nothing half-made', () => {
  test.each([2 * MIB, 12 * MIB])(
    'stopped by the person in a layer of %i bytes; then it goes on',
    async (size) => {
      const layout = await layoutOf(1000, size);
      const stop = new AbortController();
      const stopped = push(layout, target(), {
        signal: stop.signal,
        onProgress: ({ sent }) => {
          if (sent > size / 2) stop.abort();
        },
      });
      await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
      const found = await keys();
      expect(found).not.toContain(keyOf(layout.layers[1] as Digest));
      expect(found.filter((key) => key.startsWith('tags/'))).toEqual([]);
      expect(await unfinished()).toBe(0);
      const { there, sent, total } = await push(layout);
      expect(there).toBeGreaterThan(1000);
      expect(sent + there).toBe(total);
      expect(await keys()).toContain('tags/team/x/1');
    },
  );

  test.each([2 * MIB, 12 * MIB])('T12: a layer of %i bytes on disk is damaged', async (size) => {
    const layout = await layoutOf(size);
    const digest = layout.layers[0] as Digest;
    const file = blobPath(layout.path, digest);
    const bytes = readFileSync(file);
    bytes.writeUInt8((bytes[size >> 1] as number) ^ 1, size >> 1);
    writeFileSync(file, bytes);
    await expect(push(layout)).rejects.toMatchObject({ code: 'blob-digest-mismatch', details: { digest } });
    expect(await keys()).not.toContain(keyOf(digest));
    expect((await keys()).filter((key) => key.startsWith('tags/'))).toEqual([]);
    expect(await unfinished()).toBe(0);
  });

  test.each([2 * MIB, 12 * MIB])(
    'F7: cut in the middle of %i bytes, once: it is sent again',
    async (size) => {
      const layout = await layoutOf(size);
      proxy.cutAfter(MIB, 1, 'client');
      await push(layout, target({ timeout: 5 }, proxy.host));
      expect(proxy.cut).toBeGreaterThan(0);
      const digest = layout.layers[0] as Digest;
      expect(await pulled(digest, statSync(blobPath(layout.path, digest)).size)).toBeGreaterThan(size);
      expect(await unfinished()).toBe(0);
    },
  );

  test('cut again and again: unreachable', async () => {
    const layout = await layoutOf(2 * MIB);
    proxy.cutAfter(MIB, 1000, 'client');
    await expect(push(layout, target({ timeout: 5 }, proxy.host))).rejects.toMatchObject({
      code: 'source-unreachable',
    });
    expect((await keys()).filter((key) => key.startsWith('tags/'))).toEqual([]);
    expect(await keys()).not.toContain(keyOf(layout.layers[0] as Digest));
  });
});

describe('the gateway', () => {
  test('a damaged blob of the right size stays until it is pushed with "again"', async () => {
    const layout = await layoutOf(1000);
    await push(layout);
    const digest = layout.layers[0] as Digest;
    const size = readFileSync(blobPath(layout.path, digest)).length;
    const Key = `${prefix}/${keyOf(digest)}`;
    await held.s3.send(new PutObjectCommand({ Bucket: held.bucket, Key, Body: Buffer.alloc(size) }));
    expect(await push(layout)).toMatchObject({ sent: 0 });
    await expect(pulled(digest, size)).rejects.toMatchObject({ code: 'blob-digest-mismatch' });
    await push(layout, target(), { again: true });
    expect(await pulled(digest, size)).toBe(size);
  });

  test('wrong keys, no bucket, nobody there: each by its name', async () => {
    const layout = await layoutOf(1000);
    await expect(push(layout, target({}, held.host, held.wrongLogin))).rejects.toMatchObject({
      code: 'source-denied',
    });
    await expect(push(layout, target({ bucket: 'nothing' }))).rejects.toMatchObject({
      code: 'bucket-missing',
    });
    proxy.cutAfter(0, 1000, 'client');
    await expect(push(layout, target({}, proxy.host))).rejects.toMatchObject({ code: 'source-unreachable' });
    expect(await keys()).toEqual([]);
  });
});
