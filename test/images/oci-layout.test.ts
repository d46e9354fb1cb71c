import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { command } from './command.ts';
import { blobPath, tagOf, taggedManifests, writeImage, writeIndex, writeManifest } from './oci-layout.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';
import { tarOf } from './ustar.ts';

const tar = tarOf([{ path: 'etc/motd', content: 'hello\n'.repeat(10_000) }]);
const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const descriptor = z.object({ mediaType: z.string(), digest: z.string(), size: z.number() });
const manifestShape = z.object({ config: descriptor, layers: z.array(descriptor) });
const configShape = z.object({
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
  config: z.object({ Env: z.array(z.string()) }),
});

async function readJson<T>(shape: z.ZodType<T>, layout: string, digest: string): Promise<T> {
  return shape.parse(JSON.parse(await readFile(blobPath(layout, digest), 'utf8')));
}

describe('a layout', () => {
  test('has every blob under its own digest, and layers that unpack to their diff_ids', () =>
    inTemporaryDirectory(async (layout) => {
      const file = join(layout, 'in.tar');
      await writeFile(file, tar);
      const layers = [
        { tar, compression: 'gzip' },
        { tar: file, compression: 'zstd' },
        { tar, compression: 'none' },
      ] as const;
      const image = await writeImage(layout, { layers, config: { config: { Env: ['A=1'] } }, tags: ['one'] });
      const manifest = await readJson(manifestShape, layout, image.digest);
      for (const digest of [
        image.digest,
        manifest.config.digest,
        ...manifest.layers.map((layer) => layer.digest),
      ])
        expect(sha256(await readFile(blobPath(layout, digest)))).toBe(digest);
      const [gzip, zstd, plain] = await Promise.all(
        manifest.layers.map((layer) => readFile(blobPath(layout, layer.digest))),
      );
      expect([gunzipSync(gzip ?? ''), zstdDecompressSync(zstd ?? ''), plain]).toEqual([tar, tar, tar]);
      expect(manifest.layers.map((layer) => layer.size)).toEqual([gzip?.length, zstd?.length, tar.length]);
      expect(manifest.layers.map((layer) => layer.mediaType.split('.').at(-1))).toEqual([
        'tar+gzip',
        'tar+zstd',
        'tar',
      ]);
      const config = await readJson(configShape, layout, manifest.config.digest);
      expect(config).toEqual({
        rootfs: { diff_ids: layers.map(() => sha256(tar)) },
        config: { Env: ['A=1'] },
      });
      expect((await readdir(layout)).sort()).toEqual(['blobs', 'in.tar', 'index.json', 'oci-layout']);
    }));

  test('is one for skopeo', () =>
    inTemporaryDirectory(async (layout) => {
      const image = await writeImage(layout, { layers: [{ tar, compression: 'gzip' }], tags: ['one'] });
      const told: unknown = JSON.parse(await command(['skopeo', 'inspect', `oci:${layout}:one`]));
      expect(told).toMatchObject({ Digest: image.digest, Architecture: 'amd64', Os: 'linux' });
    }));

  test('names one digest by two tags, and moves a tag', () =>
    inTemporaryDirectory(async (layout) => {
      const first = await writeImage(layout, { layers: [{ tar, compression: 'gzip' }], tags: ['3', '3.1'] });
      const named = await taggedManifests(layout);
      expect(named.map((entry) => [tagOf(entry), entry.digest])).toEqual([
        ['3', first.digest],
        ['3.1', first.digest],
      ]);
      const second = await writeImage(layout, { layers: [{ tar, compression: 'none' }], tags: ['3'] });
      const moved = await taggedManifests(layout);
      expect(moved.map((entry) => [tagOf(entry), entry.digest])).toEqual([
        ['3.1', first.digest],
        ['3', second.digest],
      ]);
    }));

  test('holds an index whose children are not named themselves', () =>
    inTemporaryDirectory(async (layout) => {
      const child = await writeImage(layout, { layers: [{ tar, compression: 'gzip' }] });
      const platform = { architecture: 'amd64', os: 'linux' };
      const index = await writeIndex(layout, { manifests: [{ ...child, platform }], tags: ['all'] });
      expect((await taggedManifests(layout)).map((entry) => entry.digest)).toEqual([index.digest]);
      const told: unknown = JSON.parse(await command(['skopeo', 'inspect', `oci:${layout}:all`]));
      expect(told).toMatchObject({ Architecture: 'amd64', Layers: [expect.stringMatching(/^sha256:/)] });
    }));

  test('takes any document as a manifest, for hostile images', () =>
    inTemporaryDirectory(async (layout) => {
      const document = { layers: [], manifests: [] };
      const odd = await writeManifest(layout, document, { mediaType: 'text/plain', tags: ['odd'] });
      expect(await readFile(blobPath(layout, odd.digest), 'utf8')).toBe('{"layers":[],"manifests":[]}');
    }));
});
