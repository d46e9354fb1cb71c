import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Digest, digestParts, Image, Repository, SourceAlias } from '@berth/schema';
import { DEFAULTS } from '../../../schema/src/config-defaults.ts';
import type { BlobSource } from '../../../spawner/src/image/index.ts';

/** A source over an OCI layout directory, one image in it. `touch` may delay or spoil what is read. */
export function layoutSource(
  layout: string,
  touch?: (bytes: AsyncIterable<Uint8Array>, digest: Digest) => AsyncIterable<Uint8Array>,
): BlobSource {
  return {
    alias: 'lab',
    async *tags() {},
    resolve: () => Promise.reject(new Error('not in this test')),
    async open(_repository, { digest }, signal, range) {
      const stream = createReadStream(blobFile(layout, digest), {
        start: range?.start ?? 0,
        ...(signal && { signal }),
      }) as AsyncIterable<Uint8Array>;
      return touch ? touch(stream, digest) : stream;
    },
  };
}

/** The blobs of a registry that asks for no login; its own client has its own tests. */
export function registryBlobs(address: string): BlobSource {
  return {
    alias: 'lab',
    async *tags() {},
    resolve: () => Promise.reject(new Error('not in this test')),
    async open(repository, { digest }, signal) {
      const answer = await fetch(`${address}/v2/${repository}/blobs/${digest}`, { signal: signal ?? null });
      if (!answer.ok || answer.body === null) throw new Error(`HTTP ${answer.status}`);
      return answer.body;
    },
  };
}

export function blobFile(layout: string, digest: Digest): string {
  const { algorithm, hex } = digestParts(digest);
  return join(layout, 'blobs', algorithm, hex);
}

interface Listed {
  readonly manifests?: readonly { readonly digest: string; readonly mediaType: string }[];
  readonly layers?: readonly { readonly digest: string; readonly size: number; readonly mediaType: string }[];
  readonly config?: { readonly digest: string };
}

/** The first image of a layout, resolved by hand: what the resolver does is not this folder's business. */
export async function layoutImage(layout: string, repository = 'tests/image'): Promise<Image> {
  const read = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as Listed;
  let digest = Digest.parse((await read(join(layout, 'index.json'))).manifests?.[0]?.digest);
  let manifest = await read(blobFile(layout, digest));
  if (manifest.manifests) {
    digest = Digest.parse(manifest.manifests[0]?.digest);
    manifest = await read(blobFile(layout, digest));
  }
  return Image.parse({
    ref: { source: SourceAlias.parse('lab'), repository: Repository.parse(repository), digest },
    digest,
    configDigest: manifest.config?.digest,
    platform: { os: 'linux', architecture: 'amd64' },
    config: { env: {}, workingDir: '', user: '', labels: {} },
    layers: manifest.layers?.map((layer) => ({
      ...layer,
      compression: /gzip$/.test(layer.mediaType) ? 'gzip' : /zstd$/.test(layer.mediaType) ? 'zstd' : 'none',
    })),
  });
}

export const limits = DEFAULTS.limits;
