import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Limits, type BucketSource, type Repository } from '@berth/schema';
import { openSource, openTarget, readBlob, type ImageTarget } from '@berth/spawner/image';
import { heldBucket, type HeldBucket } from './held-sources.ts';
import { blobOf } from './memory-source.ts';

let held: HeldBucket;
let target: ImageTarget;
beforeAll(async () => {
  held = await heldBucket();
  target = await openTarget('lab', held.config() as BucketSource, held.login);
});
afterAll(() => held?.close(), 30_000);

const given = (bytes: Buffer) => () => Readable.from([bytes], { objectMode: false });
const placeOf = (blob: { readonly digest: string }) => ({
  Bucket: held.bucket,
  Key: `lab/blobs/sha256/${blob.digest.slice(7)}`,
});

test('conditional put: what somebody else has put meanwhile stays', async () => {
  const bytes = Buffer.from('the blob');
  const blob = blobOf(bytes);
  await held.s3.send(new PutObjectCommand({ ...placeOf(blob), Body: bytes, Metadata: { by: 'first' } }));
  const by = async () => (await held.s3.send(new HeadObjectCommand(placeOf(blob)))).Metadata?.['by'];
  await target.putBlob(blob, given(bytes));
  expect(await by()).toBe('first');
  // control: without the condition what the first one did is lost
  await target.putBlob(blob, given(bytes), { again: true });
  expect(await by()).toBeUndefined();
});

test('T13: an object of another size under its name is no blob: it is replaced', async () => {
  const bytes = Buffer.from('the whole of it');
  const blob = blobOf(bytes);
  await held.s3.send(new PutObjectCommand({ ...placeOf(blob), Body: 'cut' }));
  expect(await target.has(blob)).toBe(false);
  await target.putBlob(blob, given(bytes));
  expect(await target.has(blob)).toBe(true);
});

test('T12: refuses a body that is not what it is signed as, and keeps nothing of it', async () => {
  const right = randomBytes(1024 ** 2);
  const wrong = Buffer.from(right);
  wrong.writeUInt8((wrong[5] as number) ^ 1, 5);
  const blob = blobOf(right);
  const put = target.putBlob(blob, () => Readable.from([wrong], { objectMode: false }));
  await expect(put).rejects.toMatchObject({
    code: 'upload-refused',
    details: { why: expect.stringContaining('XAmzContentSHA256Mismatch') },
  });
  expect(await target.has(blob)).toBe(false);
  // control: without our signature of the digest it takes the same body
  await held.s3.send(new PutObjectCommand({ ...placeOf(blob), Body: wrong }));
  expect(await target.has(blob)).toBe(true);
  // and whoever reads it refuses it
  const source = openSource('lab', held.config(), held.login);
  const reading = buffer(readBlob(source, 'x' as Repository, blob, { limits: Limits.parse({}) }));
  await expect(reading).rejects.toMatchObject({ code: 'blob-digest-mismatch' });
});
