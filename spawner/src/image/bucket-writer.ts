import { Readable } from 'node:stream';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { digestParts, isFailure, Limits, type BucketSource, type Repository, type Tag } from '@berth/schema';
import type { Descriptor } from './blob-source.ts';
import { signedAs, type BlobUpload } from './blob-upload.ts';
import { BucketClient, type BucketClientDeps } from './bucket-client.ts';
import { bucketKeys, LAYOUT_MARKER, type BucketKeys } from './bucket-keys.ts';
import { putParts } from './bucket-parts.ts';

export interface BucketWriterDeps extends BucketClientDeps {
  readonly limits?: Limits | undefined;
  /** blobs of more bytes go in parts of so many */
  readonly parts?: { readonly above: number; readonly bytes: number } | undefined;
}

export interface PutOptions {
  readonly signal?: AbortSignal | undefined;
  /** also over what is there: it may be damaged */
  readonly again?: boolean;
}

/** A single PUT is checked by the gateway as a whole and takes at most 5 GiB; a part is held in memory. */
const PARTS = { above: 1024 ** 3, bytes: 64 * 1024 ** 2 };

/** Where images are brought to: the writing side of `openBucket`. */
export interface ImageTarget {
  /** whether the blob is there, by name and size */
  has(blob: Descriptor, signal?: AbortSignal): Promise<boolean>;
  /** @param bytes verified, from the start each time it is called: an attempt that broke begins anew */
  putBlob(blob: Descriptor, bytes: () => AsyncIterable<Uint8Array>, options?: PutOptions): Promise<void>;
  /** The last step: from now on the image is offered. */
  putTag(repository: Repository, tag: Tag, manifest: Descriptor, signal?: AbortSignal): Promise<void>;
}

/** @throws each verb: Failure as BucketClient, `upload-refused` */
export function openBucketWriter(
  alias: string,
  config: BucketSource,
  deps: BucketWriterDeps = {},
): ImageTarget {
  const client = new BucketClient(alias, config, deps.limits ?? Limits.parse({}), deps);
  const keys = bucketKeys(config.prefix);
  const parts = deps.parts ?? PARTS;
  return {
    has: (blob, signal) => has(client, keys, blob, signal),
    putBlob: async (blob, bytes, { signal, again = false } = {}) => {
      const key = keys.blob(blob.digest);
      const what = `the blob ${blob.digest}`;
      const upload = { key, what, blob, bytes, signal };
      if (blob.size > parts.above) await putParts(client, { ...upload, partBytes: parts.bytes });
      else if (again) await putWhole(client, upload, false);
      // what lies there under this name is not it when its size is another
      else if (!(await putWhole(client, upload, true)) && !(await has(client, keys, blob, signal)))
        await putWhole(client, upload, false);
    },
    putTag: async (repository, tag, { mediaType, digest, size }, signal) => {
      const json = 'application/json';
      await putSmall(client, keys.marker, LAYOUT_MARKER, json, signal);
      await putSmall(
        client,
        keys.tag(repository, tag),
        JSON.stringify({ mediaType, digest, size }),
        json,
        signal,
      );
    },
  };
}

async function has(
  client: BucketClient,
  keys: BucketKeys,
  { digest, size }: Descriptor,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const look = new HeadObjectCommand({ Bucket: client.config.bucket, Key: keys.blob(digest) });
  try {
    const head = await client.send({
      what: `the blob ${digest}`,
      signal,
      act: ({ s3 }, options) => s3.send(look, options),
    });
    return head.ContentLength === size;
  } catch (error) {
    if (isFailure(error, 'image-missing')) return false;
    throw error;
  }
}

/**
 * In one request, signed with the digest: the gateway hashes what arrives and keeps nothing of a wrong body.
 * @param onlyNew leave an object alone that is there already, e.g. put by somebody else meanwhile
 * @returns whether it was put
 */
function putWhole(client: BucketClient, upload: BlobUpload, onlyNew: boolean): Promise<boolean> {
  const { key, what, blob, bytes, signal } = upload;
  return client.send({
    what,
    signal,
    act: async ({ s3 }, options) => {
      const body = Readable.from(bytes(), { objectMode: false });
      const put = new PutObjectCommand({
        Bucket: client.config.bucket,
        Key: key,
        Body: body,
        ContentLength: blob.size,
        ContentType: blob.mediaType,
        ...(onlyNew ? { IfNoneMatch: '*' } : {}),
      });
      put.middlewareStack.add(signedAs(digestParts(blob.digest).hex), { step: 'build', name: 'signedAs' });
      try {
        await s3.send(put, options);
        return true;
      } catch (error) {
        if (!isThere(error)) throw error;
        return false;
      } finally {
        body.destroy();
      }
    },
  });
}

async function putSmall(
  client: BucketClient,
  key: string,
  text: string,
  type: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const put = { Bucket: client.config.bucket, Key: key, Body: text, ContentType: type };
  await client.send({
    what: key,
    signal,
    act: async ({ s3 }, options) => void (await s3.send(new PutObjectCommand(put), options)),
  });
}

/** 412: the condition `If-None-Match: *`. */
const isThere = (error: unknown): boolean =>
  (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode === 412;
