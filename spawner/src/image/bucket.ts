import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { Digest, Failure, Limits, type BucketSource, type Repository, type Tag } from '@berth/schema';
import * as z from 'zod/mini';
import type { BlobSource, ByteRange, Descriptor } from './blob-source.ts';
import { bodyOf } from './body-of.ts';
import { BucketClient, type BucketClientDeps } from './bucket-client.ts';
import { bucketKeys, type BucketKeys } from './bucket-keys.ts';
import { listBucketTags } from './bucket-listing.ts';
import { jsonDepth } from './json-depth.ts';
import { manifestTypeOf } from './manifest-type.ts';
import { isManifestType } from './media-types.ts';
import { readBounded } from './read-bounded.ts';
import type { OnNotice } from './registry-listing.ts';

export interface BucketDeps extends BucketClientDeps {
  readonly limits?: Limits | undefined;
  readonly onNotice?: OnNotice | undefined;
}

/** The object of a tag. */
const TagDocument = z.object({ mediaType: z.string(), digest: Digest, size: z.int().check(z.nonnegative()) });
const TAG_BYTES = 4096;

/** No shorter range is asked for: a Ceph gateway with Nagle's algorithm on answers small ones 20 times slower. */
const LEAST_RANGE = 256 * 1024;

/** Objects whose version is remembered. */
const MOST_PINS = 10_000;

/** A bucket of S3 or of Ceph as a source, in the layout of `bucketKeys`. */
export function openBucket(alias: string, config: BucketSource, deps: BucketDeps = {}): BlobSource {
  const limits = deps.limits ?? Limits.parse({});
  const client = new BucketClient(alias, config, limits, deps);
  const bucket = new Bucket(client, bucketKeys(config.prefix), limits);
  const onNotice = deps.onNotice ?? (() => undefined);
  return {
    alias,
    tags: (signal) => listBucketTags({ client, keys: bucket.keys, limits, onNotice }, signal),
    resolve: (repository, reference, signal) => bucket.resolve(repository, reference, signal),
    open: (repository, descriptor, signal, range) => bucket.open(repository, descriptor, signal, range),
  };
}

class Bucket {
  readonly keys: BucketKeys;
  readonly #client: BucketClient;
  readonly #limits: Limits;
  /** the version that a blob had when it was first opened: what goes on after a broken connection goes on in that (T25) */
  readonly #pins = new Map<Digest, string>();

  constructor(client: BucketClient, keys: BucketKeys, limits: Limits) {
    this.keys = keys;
    this.#client = client;
    this.#limits = limits;
  }

  async resolve(repository: Repository, reference: Tag | Digest, signal?: AbortSignal): Promise<Descriptor> {
    const digest = Digest.safeParse(reference);
    const ref = `${this.#client.alias}/${repository}${digest.success ? '@' : ':'}${reference}`;
    const found = digest.success
      ? await this.#describe(ref, digest.data, signal)
      : await this.#tagged(ref, repository, reference as Tag, signal);
    if (isManifestType(found.mediaType)) return found;
    throw new Failure('manifest-invalid', { ref, why: `its type is "${found.mediaType}"` });
  }

  async #tagged(ref: string, repository: Repository, tag: Tag, signal?: AbortSignal): Promise<Descriptor> {
    const bytes = await this.#small(
      ref,
      this.keys.tag(repository, tag),
      TAG_BYTES,
      'the object of a tag',
      signal,
    );
    const parsed = TagDocument.safeParse(jsonOf(bytes));
    if (parsed.success) return parsed.data;
    throw new Failure('manifest-invalid', { ref, why: 'the object of its tag is not in order' });
  }

  /** Nothing but the digest is known: the document says what it is. Checked, because its word is taken. */
  async #describe(ref: string, digest: Digest, signal?: AbortSignal): Promise<Descriptor> {
    const { manifestBytes, jsonDepth: depth } = this.#limits;
    const bytes = await this.#small(ref, this.keys.blob(digest), manifestBytes, 'a manifest', signal);
    const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (actual !== digest) throw new Failure('blob-digest-mismatch', { digest, actual });
    const text = bytes.toString('utf8');
    const mediaType = jsonDepth(text) > depth ? undefined : manifestTypeOf(jsonOf(bytes));
    return { mediaType: mediaType ?? 'application/octet-stream', digest, size: bytes.length };
  }

  async open(
    repository: Repository,
    { digest, size }: Descriptor,
    signal?: AbortSignal,
    range?: ByteRange,
  ): Promise<AsyncIterable<Uint8Array>> {
    const start = range?.start ?? 0;
    const from = start === 0 ? 0 : Math.min(start, Math.max(0, size - LEAST_RANGE));
    const ref = `${this.#client.alias}/${repository}@${digest}`;
    const pin = from > 0 ? this.#pins.get(digest) : undefined;
    return this.#client.send({
      what: ref,
      signal,
      act: async ({ s3, http }, options) => {
        const answer = await s3
          .send(
            new GetObjectCommand({
              Bucket: this.#client.config.bucket,
              Key: this.keys.blob(digest),
              ...(from > 0 ? { Range: `bytes=${from}-` } : {}),
              ...(pin === undefined ? {} : { IfMatch: pin }),
            }),
            options,
          )
          .catch((error: unknown) => {
            throw this.#replaced(error, { digest, size, start }, http.base.origin);
          });
        const body = streamOf(answer);
        const partial = answer.$metadata.httpStatusCode === 206;
        if (partial && Number(/^bytes (\d+)-/.exec(answer.ContentRange ?? '')?.[1]) !== from) {
          body.destroy();
          throw new Failure('source-protocol', {
            url: http.base.origin,
            why: 'another range than asked for',
          });
        }
        this.#pin(digest, answer.ETag);
        return bodyOf(http, body, signal, partial ? start - from : start);
      },
    });
  }

  #pin(digest: Digest, etag: string | undefined): void {
    if (this.#pins.size >= MOST_PINS) this.#pins.clear();
    if (etag !== undefined) this.#pins.set(digest, etag);
  }

  /** The object is another one than that which was begun with (412), or ends before its size (416). */
  #replaced(error: unknown, asked: { digest: Digest; size: number; start: number }, url: string): unknown {
    const { digest, size, start } = asked;
    const status = (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata
      ?.httpStatusCode;
    if (status !== 412 && status !== 416) return error;
    this.#pins.delete(digest);
    if (status === 416) return new Failure('blob-truncated', { digest, got: start, want: size });
    return new Failure('source-protocol', { url, why: `${digest} was replaced while it was read` });
  }

  async #small(ref: string, key: string, limit: number, what: string, signal?: AbortSignal): Promise<Buffer> {
    return this.#client.send({
      what: ref,
      signal,
      act: async ({ s3, http }, options) => {
        const { bucket } = this.#client.config;
        const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), options);
        return readBounded(bodyOf(http, streamOf(answer), signal), limit, what);
      },
    });
  }
}

/** In Node it is our own handler's answer (bucket-http.ts); its type is that of browsers, too. */
const streamOf = ({ Body }: GetObjectCommandOutput): IncomingMessage => Body as unknown as IncomingMessage;

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
