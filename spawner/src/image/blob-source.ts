import type { Digest, Repository, Tag } from '@berth/schema';

/** What a manifest says about a blob. `size` in bytes. Source: OCI image-spec, descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

/** Bytes from `start` to the end of the blob. */
export interface ByteRange {
  readonly start: number;
}

/**
 * The minimum that an implementer gives: a list, a lookup, bytes. Nothing is verified here: `readBlob` and what
 * stands on it check digest and size, for every implementation alike.
 */
export interface BlobSource {
  readonly alias: string;
  /** All offered images, bounded by the configured limits. */
  tags(signal?: AbortSignal): AsyncIterable<{ readonly repository: Repository; readonly tag: Tag }>;
  /** Tag or digest -> descriptor of the manifest. @throws Failure `image-missing` */
  resolve(repository: Repository, reference: Tag | Digest, signal?: AbortSignal): Promise<Descriptor>;
  /**
   * Raw bytes of a blob or, by media type, of a manifest, UNVERIFIED.
   * @throws Failure also while it is read: `source-unreachable` when the connection broke (`readBlob` goes on from there)
   */
  open(
    repository: Repository,
    descriptor: Descriptor,
    signal?: AbortSignal,
    range?: ByteRange,
  ): Promise<AsyncIterable<Uint8Array>>;
}
