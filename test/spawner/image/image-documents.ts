import type { Descriptor } from '@berth/spawner/image';
import { blobOf, MemorySource } from './memory-source.ts';

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** Blobs by digest, one of them under the tag: what a test puts in is what `resolveImage` meets. */
export class Documents {
  readonly #blobs = new Map<string, Buffer>();
  #top: Descriptor | undefined;

  add(value: unknown, mediaType: string): Descriptor {
    const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    const descriptor = blobOf(bytes, mediaType);
    this.#blobs.set(descriptor.digest, bytes);
    return descriptor;
  }

  manifest(
    more: object = {},
    config: object = { os: 'linux', architecture: 'amd64' },
    mediaType = OCI_MANIFEST,
  ): Descriptor {
    const layer = { mediaType: `${OCI_LAYER}+gzip`, digest: `sha256:${'1'.repeat(64)}`, size: 10 };
    const configDescriptor = this.add(config, 'application/vnd.oci.image.config.v1+json');
    return this.add(
      { schemaVersion: 2, mediaType, config: configDescriptor, layers: [layer], ...more },
      mediaType,
    );
  }

  index(manifests: readonly object[], mediaType = OCI_INDEX): Descriptor {
    return this.add({ schemaVersion: 2, mediaType, manifests }, mediaType);
  }

  /** A source whose every tag is `top`. */
  source(top: Descriptor): MemorySource {
    this.#top = top;
    const blobs = this.#blobs;
    const source = new MemorySource(async function* (_attempt, from, { digest }) {
      yield blobs.get(digest)?.subarray(from) ?? Buffer.alloc(0);
    });
    return Object.assign(source, { resolve: async () => this.#top });
  }

  /** Other bytes under the digest of `descriptor`. */
  swap(descriptor: Descriptor, bytes: Buffer): void {
    this.#blobs.set(descriptor.digest, bytes);
  }

  bytes({ digest }: Descriptor): Buffer {
    return this.#blobs.get(digest) ?? Buffer.alloc(0);
  }
}
