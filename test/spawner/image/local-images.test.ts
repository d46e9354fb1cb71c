import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Limits, type Image, type ImageRef } from '@berth/schema';
import {
  chooseImage,
  indexLayer,
  mergeLayers,
  openLocalImages,
  parsePlatform,
  resolveImage,
  type LocalImages,
} from '@berth/spawner/image';
import { writeImage } from '../../images/oci-layout.ts';
import { tarOf } from './archives.ts';

const limits = Limits.parse({});
const platform = parsePlatform('linux/amd64');
let directory = '';
let layout = '';
const at = (name: string): string => join(directory, name);

/** A layout with two images, and what skopeo and tar make of it. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'berth-local-'));
  layout = at('layout');
  const base = { tar: tarOf([{ path: 'usr/share/jupyter/kernels/a/kernel.json', body: '{}' }]) };
  const more = { tar: tarOf([{ path: 'b', body: 'x'.repeat(300_000) }]) };
  const layers = [
    { ...base, compression: 'gzip' as const },
    { ...more, compression: 'gzip' as const },
  ];
  await writeImage(layout, { layers, tags: ['1'] });
  await writeImage(layout, { layers: layers.slice(0, 1), tags: ['2'] });
  execFileSync('skopeo', ['copy', '-q', `oci:${layout}:1`, `docker-archive:${at('saved.tar')}:lab/x:1`]);
  execFileSync('tar', ['-cf', at('layout.tar'), '-C', layout, '.']);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const resolved = (source: LocalImages, path: string, name?: string, tag = '1'): Promise<Image> => {
  const { digest } = chooseImage(source, path, name, tag);
  const ref = { source: 'local', repository: 'x', digest } as unknown as ImageRef;
  return resolveImage(source, ref, { platform, limits });
};
/** Every layer read, verified and merged. */
const treeOf = async (source: LocalImages, image: Image) =>
  mergeLayers(
    await Promise.all(
      image.layers.map((layer) => indexLayer(source, image.ref.repository, layer, { limits })),
    ),
  );

describe('what people have on disk', () => {
  test.each(['layout', 'layout.tar', 'saved.tar'])('%s: an image whose bytes are right', async (name) => {
    const source = await openLocalImages(at(name), limits);
    const image = await resolved(source, at(name));
    expect(image.layers).toHaveLength(2);
    const tree = await treeOf(source, image);
    expect(tree.body('usr/share/jupyter/kernels/a/kernel.json')?.toString()).toBe('{}');
    expect(tree.node('b')).toMatchObject({ type: 'file' });
  });

  test('an archive of "docker save" gives layers the digests that its config has for them', async () => {
    const source = await openLocalImages(at('saved.tar'), limits);
    const image = await resolved(source, at('saved.tar'));
    const plain = execFileSync('skopeo', ['inspect', '--config', `oci:${layout}:1`]).toString();
    const { rootfs } = JSON.parse(plain) as { rootfs: { diff_ids: string[] } };
    expect(image.layers.map(({ digest }) => digest)).toEqual(rootfs.diff_ids);
    // the same each time: pushed again it is the same image
    expect(await resolved(await openLocalImages(at('saved.tar'), limits), '')).toEqual(image);
  });

  test('several in one: by name, or the one that is called as it shall be called', async () => {
    const source = await openLocalImages(layout, limits);
    expect((await resolved(source, layout, '2')).layers).toHaveLength(1);
    expect((await resolved(source, layout, undefined, '1')).layers).toHaveLength(2);
    expect(() => chooseImage(source, layout, undefined, '3')).toThrow(
      expect.objectContaining({ code: 'image-unfit', message: expect.stringContaining('several (1, 2)') }),
    );
  });

  test.each([
    ['saved.tar', 'none of its images (docker.io/lab/x:1) is called "9"'],
    ['layout', 'none of its images (1, 2) is called "9"'],
  ])('%s: no image of that name', async (name, why) => {
    const source = await openLocalImages(at(name), limits);
    expect(() => chooseImage(source, name, '9', '1')).toThrow(
      expect.objectContaining({ code: 'image-unfit', message: expect.stringContaining(why) }),
    );
  });

  test('a layer that old archives only link to', async () => {
    const layer = tarOf([{ path: 'b', body: 'x' }]);
    const id = `sha256:${execFileSync('sha256sum', { input: layer }).toString().slice(0, 64)}`;
    const config = JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { diff_ids: [id, id] } });
    const manifest = [{ Config: 'c.json', RepoTags: null, Layers: ['one/layer.tar', 'two/layer.tar'] }];
    const files = at('old');
    mkdirSync(join(files, 'one'), { recursive: true });
    mkdirSync(join(files, 'two'));
    writeFileSync(join(files, 'c.json'), config);
    writeFileSync(join(files, 'manifest.json'), JSON.stringify(manifest));
    writeFileSync(join(files, 'one/layer.tar'), layer);
    symlinkSync('../one/layer.tar', join(files, 'two/layer.tar'));
    execFileSync('tar', ['-cf', at('old.tar'), '-C', files, '.']);
    const source = await openLocalImages(at('old.tar'), limits);
    const tree = await treeOf(source, await resolved(source, 'old.tar'));
    expect(tree.node('b')).toMatchObject({ type: 'file' });
    // as a directory it could name any file of ours
    await expect(openLocalImages(files, limits)).rejects.toMatchObject({ code: 'image-unfit' });
  });
});

describe('T12: what is not right is refused', () => {
  test('a flipped byte in a layer of an archive', async () => {
    const bytes = readFileSync(at('saved.tar'));
    const place = bytes.indexOf('x'.repeat(1000));
    bytes.writeUInt8(0x79, place + 500);
    writeFileSync(at('flipped.tar'), bytes);
    const source = await openLocalImages(at('flipped.tar'), limits);
    await expect(treeOf(source, await resolved(source, ''))).rejects.toMatchObject({
      code: 'blob-digest-mismatch',
    });
  });

  test.each([
    ['nothing', undefined, 'there is no such file'],
    ['text', Buffer.from('hello'.repeat(1000)), 'not read as a tar'],
    ['compressed', gzipSync(Buffer.alloc(100_000)), 'not read as a tar'],
    ['other', tarOf([{ path: 'a', body: 'b' }]), 'neither'],
    ['not-json', tarOf([{ path: 'index.json', body: '{' }]), 'index.json is not JSON'],
    ['deep', tarOf([{ path: 'index.json', body: '['.repeat(100_000) }]), 'nested too deep'],
    ['odd', tarOf([{ path: 'manifest.json', body: '[{"Config": 1}]' }]), 'manifest.json is not in order'],
    [
      'elsewhere',
      tarOf([{ path: 'manifest.json', body: '[{"Config": "/etc/passwd", "Layers": []}]' }]),
      '/etc/passwd is missing',
    ],
    [
      'fewer',
      tarOf([
        { path: 'manifest.json', body: '[{"Config": "c", "Layers": ["l"]}]' },
        { path: 'c', body: '{"rootfs": {"diff_ids": []}}' },
      ]),
      'its config names 0 layers, not 1',
    ],
  ])('%s', async (name, bytes, why) => {
    if (bytes !== undefined) writeFileSync(at(name), bytes);
    await expect(openLocalImages(at(name), limits)).rejects.toMatchObject({
      code: 'image-unfit',
      details: { path: at(name), why: expect.stringContaining(why) },
    });
  });

  test('an empty layout, and one whose blob is missing', async () => {
    writeFileSync(at('empty.tar'), tarOf([{ path: 'index.json', body: '{"manifests": []}' }]));
    const empty = await openLocalImages(at('empty.tar'), limits);
    expect(() => chooseImage(empty, 'p', undefined, '1')).toThrow(
      expect.objectContaining({ code: 'image-unfit' }),
    );
    const digest = `sha256:${'0'.repeat(64)}`;
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const index = JSON.stringify({ manifests: [{ mediaType, digest, size: 2 }] });
    writeFileSync(at('lacks.tar'), tarOf([{ path: 'index.json', body: index }]));
    const lacks = await openLocalImages(at('lacks.tar'), limits);
    await expect(resolved(lacks, '')).rejects.toMatchObject({ code: 'image-unfit' });
  });
});
