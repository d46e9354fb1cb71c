import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { Failure, isFailure } from '@berth/schema';
import { signedAs, type BlobUpload } from './blob-upload.ts';
import type { BucketClient, BucketRequest, Gateway } from './bucket-client.ts';

/** Milliseconds for taking back what was begun, also after Ctrl-C. */
const ABORT_WITHIN = 10_000;
const MOST_PARTS = 10_000;

/**
 * A blob in parts, each signed with its own hash. The object appears only when all are there and the whole was verified on its
 * way: `bytes` throws before its last chunk otherwise. On any failure the parts are removed. That the last request was refused is
 * none when the object is there by then: it was asked again because its answer was lost. The parts are then left alone, though
 * somebody else may have put the same: of an upload that a gateway finished, but not to its own last step, taking it back removes
 * the data of the object that is there (Ceph #60771, SeaweedFS #11385). The bucket's rule for unfinished uploads does the rest.
 */
export async function putParts(
  client: BucketClient,
  upload: BlobUpload & { readonly partBytes: number },
): Promise<void> {
  const { key, what, blob, signal } = upload;
  const place = { Bucket: client.config.bucket, Key: key };
  const size = Math.max(upload.partBytes, Math.ceil(blob.size / MOST_PARTS));
  // each request has its own attempts, at any gateway: one that has trouble does not begin the whole blob anew
  const ask = <T>(act: BucketRequest<T>['act'], until = signal): Promise<T> =>
    client.send({ what, signal: until, act });
  const UploadId = await ask(async (gateway, options) => {
    const create = new CreateMultipartUploadCommand({ ...place, ContentType: blob.mediaType });
    const begun = await gateway.s3.send(create, options);
    if (begun.UploadId === undefined) throw protocol(gateway, 'an upload without a name');
    return begun.UploadId;
  });
  const named = { ...place, UploadId };
  /** What lies under the key; undefined for nothing, null where that cannot be seen. */
  const found = () =>
    ask(({ s3 }, options) => s3.send(new HeadObjectCommand(place), options)).then(
      ({ ContentLength, ETag, LastModified }) => ({
        size: ContentLength,
        version: `${ETag} ${LastModified?.getTime()}`,
      }),
      (error: unknown) => (isFailure(error, 'image-missing') ? undefined : null),
    );
  try {
    const Parts: CompletedPart[] = [];
    for await (const Body of partsOf(upload.bytes(), size)) {
      const PartNumber = Parts.length + 1;
      const hex = createHash('sha256').update(Body).digest('hex');
      const ETag = await ask(async ({ s3 }, options) => {
        const put = new UploadPartCommand({ ...named, PartNumber, Body });
        put.middlewareStack.add(signedAs(hex), { step: 'build', name: 'signedAs' });
        return (await s3.send(put, options)).ETag;
      });
      Parts.push({ PartNumber, ...(ETag && { ETag }) });
    }
    const complete = new CompleteMultipartUploadCommand({ ...named, MultipartUpload: { Parts } });
    const before = await found();
    await ask(async ({ s3 }, options) => void (await s3.send(complete, options))).catch(
      async (error: unknown) => {
        const after = before === null ? null : await found();
        if (after?.size !== blob.size || after.version === before?.version) throw error;
      },
    );
  } catch (error) {
    const abort = new AbortMultipartUploadCommand(named);
    // what this cannot remove, the bucket's own rule for unfinished uploads does
    await ask(
      async ({ s3 }, options) => void (await s3.send(abort, options)),
      AbortSignal.timeout(ABORT_WITHIN),
    ).catch(() => undefined);
    throw error;
  }
}

/** The same bytes in pieces of `size`, the last one shorter. */
async function* partsOf(bytes: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer, void> {
  let held: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    held.push(chunk);
    length += chunk.length;
    while (length >= size) {
      const all = Buffer.concat(held);
      yield all.subarray(0, size);
      held = [all.subarray(size)];
      length -= size;
    }
  }
  if (length > 0) yield Buffer.concat(held);
}

const protocol = ({ http }: Gateway, why: string): Failure =>
  new Failure('source-protocol', { url: http.base.origin, why });
