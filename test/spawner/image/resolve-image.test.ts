import { describe, expect, test } from '@jest/globals';
import { parseImageRef, type Image, type Limits } from '@berth/schema';
import { parsePlatform, resolveImage, type Descriptor } from '@berth/spawner/image';
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  Documents,
  OCI_INDEX,
  OCI_LAYER,
  OCI_MANIFEST,
} from './image-documents.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { cpuMs } from './cpu-ms.ts';

const ref = parseImageRef('memory/lab/x:1');
const at = (descriptor: Descriptor, os: string, architecture: string, variant?: string) => ({
  ...descriptor,
  platform: { os, architecture, ...(variant ? { variant } : {}) },
});

function resolve(
  docs: Documents,
  top: Descriptor,
  platform = 'linux/amd64',
  limits: Partial<Limits> = {},
): Promise<Image> {
  const options = { platform: parsePlatform(platform), limits: { ...DEFAULT_LIMITS, ...limits } };
  return resolveImage(docs.source(top), ref, options);
}
const refused = (why: RegExp) => ({ code: 'manifest-invalid', message: expect.stringMatching(why) });

test.each([
  [OCI_MANIFEST, OCI_INDEX],
  [DOCKER_MANIFEST, DOCKER_LIST],
])('%s, alone and in an index', async (manifestType, indexType) => {
  const docs = new Documents();
  const config = {
    os: 'linux',
    architecture: 'amd64',
    config: { Env: ['A=1', 'A=2=3', 'odd'], WorkingDir: '/w', User: '7', Labels: null },
  };
  const manifest = docs.manifest({}, config, manifestType);
  const alone = await resolve(docs, manifest);
  expect(alone).toMatchObject({ digest: manifest.digest, platform: { os: 'linux', architecture: 'amd64' } });
  expect(alone.indexDigest).toBeUndefined();
  expect(alone.config).toEqual({ env: { A: '2=3' }, workingDir: '/w', user: '7', labels: {} });
  expect(alone.layers).toEqual([expect.objectContaining({ compression: 'gzip', size: 10 })]);
  const attestation = at(docs.manifest({ annotations: { a: 'b' } }), 'unknown', 'unknown');
  const index = docs.index([attestation, at(manifest, 'linux', 'amd64')], indexType);
  expect(await resolve(docs, index)).toMatchObject({ digest: manifest.digest, indexDigest: index.digest });
});

describe('the platform', () => {
  test('is chosen with its variant; the first that fits best', async () => {
    const docs = new Documents();
    const arm = (variant: string) =>
      docs.manifest({ annotations: { variant } }, { os: 'linux', architecture: 'arm64', variant });
    const [v8, v9] = [arm('v8'), arm('v9')];
    const index = docs.index([at(v9, 'linux', 'arm64', 'v9'), at(v8, 'linux', 'arm64')]);
    expect((await resolve(docs, index, 'linux/arm64')).digest).toBe(v8.digest);
    expect((await resolve(docs, index, 'linux/arm64/v9')).digest).toBe(v9.digest);
  });
  test('comes from the config when the index is silent', async () => {
    const docs = new Documents();
    const manifest = docs.manifest();
    expect((await resolve(docs, docs.index([manifest]))).digest).toBe(manifest.digest);
    expect((await resolve(docs, docs.manifest({}, {}))).platform).toEqual({
      os: 'linux',
      architecture: 'amd64',
    });
  });
  test('that is not there is named', async () => {
    const docs = new Documents();
    const index = docs.index([
      at(docs.manifest(), 'linux', 's390x'),
      at(docs.manifest({ a: 1 }), 'unknown', 'unknown'),
    ]);
    await expect(resolve(docs, index)).rejects.toMatchObject({
      code: 'platform-missing',
      details: { has: 'linux/s390x' },
    });
    const arm = docs.manifest({}, { os: 'linux', architecture: 'arm64' });
    await expect(resolve(docs, arm)).rejects.toMatchObject({ code: 'platform-missing' });
  });
});

describe('T15: one document, one kind', () => {
  test.each([
    ['both layers and manifests', { manifests: [] }, /both/],
    ['another mediaType inside', { mediaType: OCI_INDEX }, /says of itself/],
    ['schema 1', { schemaVersion: 1 }, /schemaVersion/],
    ['no layers', { layers: [] }, /no layers/],
    ['a bad digest', { layers: [{ mediaType: OCI_LAYER, digest: 'sha256:../../x', size: 1 }] }, /digest/],
    [
      'an upper-case digest',
      { layers: [{ mediaType: OCI_LAYER, digest: `sha256:${'A'.repeat(64)}`, size: 1 }] },
      /digest/,
    ],
    [
      'an unknown algorithm',
      { layers: [{ mediaType: OCI_LAYER, digest: `md5:${'a'.repeat(32)}`, size: 1 }] },
      /digest/,
    ],
    [
      'a negative size',
      { layers: [{ mediaType: OCI_LAYER, digest: `sha256:${'1'.repeat(64)}`, size: -1 }] },
      /layers/,
    ],
    [
      'a foreign layer',
      {
        layers: [
          {
            mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
            digest: `sha256:${'1'.repeat(64)}`,
            size: 1,
          },
        ],
      },
      /non-distributable/,
    ],
    [
      'a layer of unknown type',
      { layers: [{ mediaType: 'text/plain', digest: `sha256:${'1'.repeat(64)}`, size: 1 }] },
      /unknown type/,
    ],
  ])('refused: %s', async (_, more, why) => {
    const docs = new Documents();
    await expect(resolve(docs, docs.manifest(more))).rejects.toMatchObject(refused(why));
  });
});

describe('T12: a document of the wrong digest is refused', () => {
  test.each(['index', 'manifest', 'config'])('%s', async (which) => {
    const docs = new Documents();
    const manifest = docs.manifest();
    const index = docs.index([manifest]);
    const config = (JSON.parse(docs.bytes(manifest).toString()) as { config: Descriptor }).config;
    const victim = { index, manifest, config }[which] ?? index;
    const bytes = Buffer.from(docs.bytes(victim));
    bytes[5] = (bytes[5] as number) ^ 1;
    docs.swap(victim, bytes);
    await expect(resolve(docs, index)).rejects.toMatchObject({ code: 'blob-digest-mismatch' });
  });
});

describe('T20, T21: mazes and floods', () => {
  test('indexes in indexes, three deep and no deeper', async () => {
    const docs = new Documents();
    let top = docs.manifest();
    for (let depth = 0; depth < 3; depth += 1) top = docs.index([top]);
    await expect(resolve(docs, top)).resolves.toMatchObject({ indexDigest: top.digest });
    await expect(resolve(docs, docs.index([top]))).rejects.toMatchObject(refused(/deeper/));
  });
  test('more manifests than indexEntries', async () => {
    const docs = new Documents();
    const manifest = at(docs.manifest(), 'linux', 'amd64');
    const index = docs.index(Array.from({ length: 20 }, () => manifest));
    await expect(resolve(docs, index, 'linux/amd64', { indexEntries: 10 })).rejects.toMatchObject({
      code: 'limit-exceeded',
      details: { key: 'indexEntries' },
    });
  });
  test('a manifest that says it is too large is not asked for', async () => {
    const docs = new Documents();
    const source = docs.source({ ...docs.manifest(), size: 100 * 1024 ** 2 });
    const options = { platform: parsePlatform('linux/amd64'), limits: DEFAULT_LIMITS };
    await expect(resolveImage(source, ref, options)).rejects.toMatchObject({
      details: { key: 'manifestBytes' },
    });
    expect(source.opened).toEqual([]);
  });
  test('nesting of 10^5, within 50 ms and before it is parsed', async () => {
    const docs = new Documents();
    const top = docs.add('{"a":'.repeat(100_000), OCI_MANIFEST);
    const took = await cpuMs(() =>
      expect(resolve(docs, top)).rejects.toMatchObject({ details: { key: 'jsonDepth' } }),
    );
    expect(took).toBeLessThan(500);
  });
  test('__proto__ stays a key', async () => {
    const docs = new Documents();
    const top = docs.manifest(
      {},
      JSON.parse(
        '{"os":"linux","architecture":"amd64","__proto__":{"os":"x"},"config":{"Env":["__proto__=1"]}}',
      ) as object,
    );
    expect((await resolve(docs, top)).platform.os).toBe('linux');
    expect(({} as { os?: string }).os).toBeUndefined();
  });
});
