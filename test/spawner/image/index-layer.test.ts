import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { Repository, type Compression, type LayerIndex, type Limits } from '@berth/schema';
import { indexLayer, type IndexedLayer } from '@berth/spawner/image';
import { inSlices, tarOf } from './archives.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { blobOf, MemorySource } from './memory-source.ts';
import { archive, member } from './raw-tar.ts';

const repository = Repository.parse('lab/x');
const KERNEL = 'usr/share/jupyter/kernels/py/kernel.json';

/** Index `bytes` as the blob that `promised` describes. */
function index(
  bytes: Buffer,
  compression: Compression,
  limits: Partial<Limits> = {},
  promised = bytes,
): Promise<LayerIndex> {
  const { digest, size } = blobOf(promised);
  const layer: IndexedLayer = { digest, size, compression };
  const source = new MemorySource((_, from) => inSlices(bytes.subarray(from), 10_000));
  return indexLayer(source, repository, layer, { limits: { ...DEFAULT_LIMITS, ...limits } });
}

const tar = tarOf([
  { path: 'usr', type: 'directory', mode: 0o755 },
  { path: KERNEL, body: '{"argv":[]}' },
  { path: 'usr/share/jupyter/kernels/py/logo-svg.svg', body: '<svg/>' },
  { path: 'opt/env/pyvenv.cfg', body: 'home = /usr/bin' },
  { path: 'opt/env/lib/python3.12/site-packages/ipykernel-6.29.dist-info/METADATA', body: 'Name: ipykernel' },
  { path: 'opt/env/lib/python3.12/site-packages/numpy-2.dist-info/METADATA', body: 'Name: numpy' },
  { path: 'bin', type: 'symlink', target: 'usr/bin' },
  { path: 'dev/null', type: 'character-device' },
  { path: 'etc/.wh.passwd' },
  { path: 'var/.wh..wh..opq' },
  { path: '.wh..wh.plnk/1.2' },
]);

test.each<[Compression, Buffer]>([
  ['none', tar],
  ['gzip', gzipSync(tar)],
  ['zstd', zstdCompressSync(tar)],
])('%s: entries, whiteouts, and the bodies that matter', async (compression, bytes) => {
  const found = await index(bytes, compression);
  expect(found).toMatchObject({ digest: blobOf(bytes).digest, scanner: 1, size: tar.length });
  expect(found.entries).toHaveLength(9);
  expect(found.entries).toContainEqual({ type: 'symlink', path: 'bin', target: 'usr/bin' });
  expect(found.entries).toContainEqual({ type: 'whiteout', path: 'etc/passwd' });
  expect(found.entries).toContainEqual({ type: 'opaque', path: 'var' });
  expect(Object.keys(found.bodies)).toHaveLength(4);
  expect(Buffer.from(found.bodies[KERNEL] ?? '', 'base64').toString()).toBe('{"argv":[]}');
});

describe('T12, T13: a damaged layer is called damaged, not an odd tar', () => {
  const gz = gzipSync(tar);
  test('one flipped byte, wherever it is', async () => {
    for (let at = 0; at < gz.length; at += 7) {
      const bad = Buffer.from(gz);
      bad[at] = (bad[at] as number) ^ 0x10;
      await expect(index(bad, 'gzip', {}, gz)).rejects.toMatchObject({ code: 'blob-digest-mismatch' });
    }
    const bad = Buffer.from(tar);
    bad[150] = 0;
    await expect(index(bad, 'none', {}, tar)).rejects.toMatchObject({ code: 'blob-digest-mismatch' });
  });
  test('control: the same damage under its own digest is told as what it is', async () => {
    const bad = Buffer.from(gz);
    bad[20] = (bad[20] as number) ^ 0x10;
    await expect(index(bad, 'gzip')).rejects.toMatchObject({ code: 'layer-invalid' });
  });
  test('a hostile tar under its own digest', async () => {
    await expect(index(archive(member({ name: '../x' })), 'none')).rejects.toMatchObject({
      code: 'layer-invalid',
    });
  });
});

describe('the caps', () => {
  const zeros = gzipSync(archive(member({ name: 'zeros' }, Buffer.alloc(64 * 1024 ** 2))));
  const many = archive(...Array.from({ length: 50 }, (_, at) => member({ name: `f${at}` })));
  const kernels = tarOf(
    ['a', 'b', 'c'].map((name) => ({ path: `kernels/${name}/kernel.json`, body: 'x'.repeat(1000) })),
  );
  test.each<[keyof Limits, Buffer, Compression, number]>([
    ['layerBytes', zeros, 'gzip', 1e6],
    ['layerRatio', zeros, 'gzip', 200],
    [
      'layerRatio',
      Buffer.concat(Array.from({ length: 40 }, () => gzipSync(Buffer.alloc(1024 ** 2)))),
      'gzip',
      200,
    ],
    ['layerEntries', many, 'none', 49],
    ['keptTotalBytes', kernels, 'none', 2500],
    ['pathBytes', archive(member({ name: 'x'.repeat(99) })), 'none', 98],
    ['pathDepth', archive(member({ name: 'a/b/c' })), 'none', 2],
  ])('%s', async (key, bytes, compression, value) => {
    await expect(index(bytes, compression, { [key]: value })).rejects.toMatchObject({
      code: 'limit-exceeded',
      details: { key },
    });
  });
  test('control: without its cap the bomb goes through', async () => {
    const open = { layerRatio: 1e9, layerBytes: 1e12 };
    expect((await index(zeros, 'gzip', open)).size).toBeGreaterThan(64 * 1024 ** 2);
  });
  test('T24: a file above keptFileBytes is known, not read', async () => {
    const found = await index(kernels, 'none', { keptFileBytes: 999 });
    expect(found.entries).toHaveLength(3);
    expect(found.bodies).toEqual({});
  });
});
