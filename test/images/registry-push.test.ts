import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { command } from './command.ts';
import { blobPath, writeImage, writeIndex } from './oci-layout.ts';
import { ownRegistry, type OwnRegistry } from './own-registry.ts';
import { pushLayout } from './registry-push.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';
import { tarOf } from './ustar.ts';

const layers = (['gzip', 'zstd', 'none'] as const).map((compression) => ({
  tar: tarOf([{ path: `etc/${compression}`, content: compression }]),
  compression,
}));

describe('with an open registry', () => {
  let registry: OwnRegistry;
  beforeAll(async () => {
    registry = await ownRegistry();
  });
  afterAll(() => registry.close());

  test('every tag arrives with the bytes of the layout', () =>
    inTemporaryDirectory(async (layout) => {
      const image = await writeImage(layout, { layers, tags: ['1', '1.2'] });
      await pushLayout(layout, 'some/image', registry);
      for (const tag of ['1', '1.2']) {
        const answer = await fetch(`http://${registry.host}/v2/some/image/manifests/${tag}`, {
          headers: { accept: image.mediaType },
        });
        expect(answer.headers.get('docker-content-digest')).toBe(image.digest);
        expect(Buffer.from(await answer.arrayBuffer())).toEqual(
          await readFile(blobPath(layout, image.digest)),
        );
      }
      const source = `docker://${registry.host}/some/image:1`;
      await command(['skopeo', 'copy', '--src-tls-verify=false', source, `dir:${layout}/copy`]); // verifies all digests
    }));

  test("Docker's media types arrive as such", () =>
    inTemporaryDirectory(async (layout) => {
      const gzip = layers.slice(0, 1); // its manifests know no other compression
      const image = await writeImage(layout, { layers: gzip, tags: ['1'], docker: true });
      await pushLayout(layout, 'some/docker', registry);
      const argv = ['skopeo', 'inspect', '--tls-verify=false', `docker://${registry.host}/some/docker:1`];
      expect(image.mediaType).toContain('docker');
      expect(JSON.parse(await command(argv))).toMatchObject({ Digest: image.digest, Architecture: 'amd64' });
    }));

  test('an index brings its children', () =>
    inTemporaryDirectory(async (layout) => {
      const child = await writeImage(layout, { layers });
      const platform = { architecture: 'amd64', os: 'linux' };
      await writeIndex(layout, { manifests: [{ ...child, platform }], tags: ['all'] });
      await pushLayout(layout, 'some/index', registry);
      const argv = ['skopeo', 'inspect', '--tls-verify=false', `docker://${registry.host}/some/index:all`];
      expect(await command(argv)).toContain('"amd64"');
    }));

  test('a blob known from another repository is mounted, and a push may be repeated', () =>
    inTemporaryDirectory(async (layout) => {
      await writeImage(layout, { layers, tags: ['1'] });
      const known = new Map<string, string>();
      await pushLayout(layout, 'first', registry, known);
      await pushLayout(layout, 'second', registry, known);
      await pushLayout(layout, 'second', registry, known);
      expect([...known.values()]).toEqual(['second', 'second', 'second', 'second']);
      const tags: unknown = await (await fetch(`http://${registry.host}/v2/second/tags/list`)).json();
      expect(tags).toEqual({ name: 'second', tags: ['1'] });
    }));
});

test('credentials are sent, and wrong ones are an error', async () => {
  const credentials = { user: 'pusher', password: 'one two' };
  const registry = await ownRegistry(credentials);
  try {
    await inTemporaryDirectory(async (layout) => {
      await writeImage(layout, { layers, tags: ['1'] });
      await pushLayout(layout, 'locked', { host: registry.host, credentials });
      const wrong = { host: registry.host, credentials: { ...credentials, password: 'three' } };
      await expect(pushLayout(layout, 'locked', wrong)).rejects.toThrow(/401/);
    });
  } finally {
    await registry.close();
  }
});
