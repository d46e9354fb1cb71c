import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Limits, parseImageRef, RegistrySource, type Digest, type Image } from '@berth/schema';
import { layerIndexer, mergeLayers, openRegistry, parsePlatform, resolveImage } from '@berth/spawner/image';
import { ownRegistry, type OwnRegistry } from '../../images/own-registry.ts';
import { tarOf } from './archives.ts';
import { blobOf } from './memory-source.ts';

const limits = Limits.parse({});
const auth = { user: 'alice', password: 'secret' };
const ref = parseImageRef('lab/team/x:1');
let directory = '';
let registry: OwnRegistry;
let config: RegistrySource;

/** A real registry with Basic authentication, and skopeo to fill it. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'berth-damage-'));
  registry = await ownRegistry(auth);
  config = RegistrySource.parse({ type: 'registry', url: `http://${registry.host}` });
  const layout = join(directory, 'layout');
  writeLayout(layout);
  execFileSync('skopeo', [
    'copy',
    '-q',
    '--dest-tls-verify=false',
    '--dest-creds',
    `${auth.user}:${auth.password}`,
    `oci:${layout}:1`,
    `docker://${registry.host}/team/x:1`,
  ]);
});
afterAll(async () => {
  await registry.close();
  rmSync(directory, { recursive: true, force: true });
});

function writeLayout(layout: string): void {
  mkdirSync(join(layout, 'blobs', 'sha256'), { recursive: true });
  const put = (value: object | Buffer, mediaType: string) => {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value));
    const descriptor = blobOf(bytes, mediaType);
    writeFileSync(join(layout, 'blobs', 'sha256', descriptor.digest.slice(7)), bytes);
    return descriptor;
  };
  const body = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7919) % 251));
  const tar = tarOf([
    { path: 'usr/share/jupyter/kernels/a/kernel.json', body: '{}' },
    { path: 'big', body },
  ]);
  const config = put(
    { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [blobOf(tar).digest] } },
    'application/vnd.oci.image.config.v1+json',
  );
  const layer = put(gzipSync(tar), 'application/vnd.oci.image.layer.v1.tar+gzip');
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = put({ schemaVersion: 2, mediaType, config, layers: [layer] }, mediaType);
  const entry = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': '1' } };
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}

const credentials = async () => ({ kind: 'password' as const, username: auth.user, password: auth.password });
const resolve = (): Promise<Image> =>
  resolveImage(openRegistry('lab', config, { credentials, waits: [] }), ref, {
    platform: parsePlatform('linux/amd64'),
    limits,
  });

/** Look into the one layer with a fresh cache; what is in the cache afterwards goes along. */
async function lookInto(image: Image) {
  const cacheDirectory = mkdtempSync(join(directory, 'cache-'));
  const indexer = layerIndexer({ workers: 1, cacheDirectory, limits, credentials });
  try {
    const [layer] = image.layers;
    if (layer === undefined) throw new Error('no layer');
    const result = await indexer.index({ alias: 'lab', config }, ref.repository, layer).then(
      (index) => ({ code: 'ok', tree: mergeLayers([index]) }),
      (error: unknown) => ({ code: (error as { code?: string }).code, tree: undefined }),
    );
    const kept = readdirSync(cacheDirectory, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.gz'),
    );
    return { ...result, kept: kept.length };
  } finally {
    await indexer.close();
  }
}

const storedAt = (digest: Digest): string =>
  join(
    registry.directory,
    'registry/docker/registry/v2/blobs/sha256',
    digest.slice(7, 9),
    digest.slice(7),
    'data',
  );

/** Change what the registry has on disk for as long as `action` takes. */
async function damaged(
  digest: Digest,
  change: (bytes: Buffer) => Buffer,
  action: () => Promise<void>,
): Promise<void> {
  const good = readFileSync(storedAt(digest));
  try {
    writeFileSync(storedAt(digest), change(Buffer.from(good)));
    await action();
  } finally {
    writeFileSync(storedAt(digest), good);
  }
}

const flip = (bytes: Buffer): Buffer => {
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] as number) ^ 1;
  return bytes;
};

test('undamaged: listed, resolved, looked into, kept', async () => {
  const source = openRegistry('lab', config, { credentials });
  const names: string[] = [];
  for await (const { repository, tag } of source.tags()) names.push(`${repository}:${tag}`);
  expect(names).toEqual(['team/x:1']);
  const { tree, kept } = await lookInto(await resolve());
  expect(tree?.body('usr/share/jupyter/kernels/a/kernel.json')?.toString()).toBe('{}');
  expect(kept).toBe(1);
});

test('nobody logged in is told so', async () => {
  const source = openRegistry('lab', config);
  await expect(source.resolve(ref.repository, ref.tag ?? ('' as never))).rejects.toMatchObject({
    code: 'source-denied',
  });
});

describe('T12, T13: a real registry whose disk is damaged', () => {
  test('one flipped byte of the layer', async () => {
    const image = await resolve();
    const digest = image.layers[0]?.digest as Digest;
    await damaged(digest, flip, async () => {
      expect(await lookInto(image)).toMatchObject({ code: 'blob-digest-mismatch', kept: 0 });
    });
    expect(await lookInto(image)).toMatchObject({ code: 'ok', kept: 1 });
  });

  test('the layer truncated at every sixteenth', async () => {
    const image = await resolve();
    const digest = image.layers[0]?.digest as Digest;
    for (let part = 0; part < 16; part += 1) {
      await damaged(
        digest,
        (bytes) => bytes.subarray(0, (bytes.length * part) >> 4),
        async () => {
          const { code, kept } = await lookInto(image);
          expect(kept).toBe(0);
          expect([
            'blob-truncated',
            'blob-digest-mismatch',
            'source-protocol',
            'source-unreachable',
          ]).toContain(code);
        },
      );
    }
  });

  test.each(['manifest', 'config'])('one flipped byte of the %s', async (which) => {
    const image = await resolve();
    await damaged(which === 'manifest' ? image.digest : image.configDigest, flip, async () => {
      const error: unknown = await resolve().catch((caught: unknown) => caught);
      // docker-registry parses manifests itself and may answer 500
      expect(error).toMatchObject({
        code: expect.stringMatching(/^(?:blob-digest-mismatch|source-unreachable|image-missing)$/),
      });
    });
  });
});
