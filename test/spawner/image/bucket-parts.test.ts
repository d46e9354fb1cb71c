import { afterEach, describe, expect, test } from '@jest/globals';
import { BucketSource } from '@berth/schema';
import { openTarget, type ImageTarget } from '@berth/spawner/image';
import { closeStandIns, errorXml, KEYS, standIn, xml } from './bucket-stand-in.ts';
import { blobOf } from './memory-source.ts';
import { reply, type Script, type ScriptedServer } from './scripted-server.ts';

afterEach(closeStandIns);

const bytes = Buffer.alloc(1_000_000, 7);
const blob = blobOf(bytes);
let begun = 0;
const whole = async function* (): AsyncGenerator<Uint8Array> {
  begun += 1;
  yield bytes;
};

const targetAt = (...gateways: readonly ScriptedServer[]): Promise<ImageTarget> => {
  const endpoints = gateways.map(({ url }) => url);
  const config = BucketSource.parse({ type: 'bucket', endpoints, bucket: 'images' });
  const parts = { above: 1000, bytes: 100_000 };
  return openTarget('lab', config, { keys: async () => KEYS, waits: [1, 1], parts });
};

/** A gateway that takes uploads in parts; `trouble` answers instead when it says so. */
const gateway = (trouble: (asked: string, answer: Parameters<Script>[1]) => boolean) =>
  standIn((request, answer) => {
    request.resume().on('end', () => {
      const asked = `${request.method} ${request.url ?? ''}`;
      if (trouble(asked, answer)) return;
      if (asked.includes('uploads'))
        reply(
          answer,
          200,
          {},
          xml('<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>'),
        );
      else if (asked.startsWith('POST'))
        reply(
          answer,
          200,
          {},
          xml('<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>'),
        );
      else reply(answer, asked.startsWith('DELETE') ? 204 : 200, { etag: '"e"' });
    });
  });
const counted = ({ seen }: ScriptedServer, what: string): number =>
  seen.filter((line) => line.startsWith(what)).length;

test('F8: trouble with one part sends that part again, and nothing else', async () => {
  begun = 0;
  let slow = 2;
  const one = await gateway((asked, answer) => {
    if (!asked.includes('partNumber=9') || slow === 0) return false;
    slow -= 1;
    reply(answer, 503, {}, errorXml('SlowDown'));
    return true;
  });
  await (await targetAt(one)).putBlob(blob, whole);
  expect([counted(one, 'PUT'), counted(one, 'DELETE'), begun]).toEqual([12, 0, 1]);
});

test('a gateway that is down: the next one takes the rest of the same upload', async () => {
  const down = await gateway((asked, answer) => {
    if (!asked.includes('partNumber=4')) return false;
    reply(answer, 503, {}, errorXml('SlowDown'));
    return true;
  });
  const up = await gateway(() => false);
  await (await targetAt(down, up)).putBlob(blob, whole);
  expect([counted(down, 'PUT'), counted(up, 'PUT'), counted(up, 'POST')]).toEqual([4, 7, 1]);
});

test.each([
  [404, 'NoSuchUpload', 'upload-refused'],
  [403, 'AccessDenied', 'source-denied'],
])('%i %s in the middle is %s, and what was begun is taken back', async (status, name, code) => {
  const one = await gateway((asked, answer) => {
    if (!asked.includes('partNumber=4')) return false;
    reply(answer, status, {}, errorXml(name));
    return true;
  });
  await expect((await targetAt(one)).putBlob(blob, whole)).rejects.toMatchObject({ code });
  expect([counted(one, 'POST'), counted(one, 'DELETE')]).toEqual([1, 1]);
});

describe('the last request of an upload takes effect, and its answer is lost', () => {
  /** `before`, `after`: what lies under the key; undefined for nothing */
  const losing = (before: object | undefined, after: object | undefined) => {
    let completions = 0;
    return gateway((asked, answer) => {
      const found = completions === 0 ? before : after;
      if (asked.startsWith('HEAD')) {
        answer.writeHead(found === undefined ? 404 : 200, { ...found }).end();
        return true;
      }
      if (!asked.startsWith('POST') || asked.includes('uploads')) return false;
      completions += 1;
      if (completions === 1) answer.destroy();
      else reply(answer, 404, {}, errorXml('NoSuchUpload'));
      return true;
    });
  };
  const ours = { 'content-length': bytes.length, etag: '"new"' };

  test.each([
    ['nothing before it', undefined],
    ['another before it', { 'content-length': bytes.length, etag: '"old"' }],
  ])('%s: the object is there, and that is what counts', async (_name, before) => {
    const one = await losing(before, ours);
    await (await targetAt(one)).putBlob(blob, whole);
    expect(counted(one, 'DELETE')).toBe(0);
  });

  test.each([
    ['nothing', undefined, undefined],
    ['what was there before', ours, ours],
    ['one of another size', undefined, { ...ours, 'content-length': 5 }],
  ])('control: %s lies there: refused', async (_name, before, after) => {
    const one = await losing(before, after);
    const put = (await targetAt(one)).putBlob(blob, whole);
    await expect(put).rejects.toMatchObject({ code: 'upload-refused' });
    expect(counted(one, 'DELETE')).toBe(1);
  });
});

test('409: somebody else puts the same blob at this moment; it is asked again', async () => {
  let conflicts = 1;
  const one = await gateway((_asked, answer) => {
    conflicts -= 1;
    if (conflicts < 0) return false;
    reply(answer, 409, {}, errorXml('ConditionalRequestConflict'));
    return true;
  });
  const small = blobOf(Buffer.from('small'));
  const put = (await targetAt(one)).putBlob({ ...small, digest: small.digest }, async function* () {
    yield Buffer.from('small');
  });
  await put;
  expect(counted(one, 'PUT')).toBe(2);
});
