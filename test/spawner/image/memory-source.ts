import { createHash } from 'node:crypto';
import { Digest, Failure, type Repository, type Tag } from '@berth/schema';
import type { BlobSource, ByteRange, Descriptor } from '@berth/spawner/image';

export const digestOf = (bytes: Uint8Array): Digest =>
  Digest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);

export const blobOf = (bytes: Uint8Array, mediaType = 'application/octet-stream'): Descriptor => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});

/** A source that gives what a test says, whatever was asked for: honest or not. */
export class MemorySource implements BlobSource {
  readonly alias = 'memory';
  opened: (ByteRange | undefined)[] = [];
  readonly #answer: (attempt: number, from: number, descriptor: Descriptor) => AsyncIterable<Uint8Array>;

  constructor(answer: (attempt: number, from: number, descriptor: Descriptor) => AsyncIterable<Uint8Array>) {
    this.#answer = answer;
  }

  async *tags(): AsyncGenerator<{ repository: Repository; tag: Tag }> {}

  resolve(): Promise<Descriptor> {
    return Promise.reject(new Failure('image-missing', { ref: 'memory' }));
  }

  async open(
    _: Repository,
    descriptor: Descriptor,
    _signal?: AbortSignal,
    range?: ByteRange,
  ): Promise<AsyncIterable<Uint8Array>> {
    this.opened.push(range);
    return this.#answer(this.opened.length, range?.start ?? 0, descriptor);
  }
}
