import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Repository, Tag } from '@berth/schema';
import { bucketAt, closeStandIns, errorXml, KEYS, listed, page, standIn } from './bucket-stand-in.ts';
import { blobOf } from './memory-source.ts';
import { reply, type ScriptedServer } from './scripted-server.ts';

afterEach(closeStandIns);

const team = 'team/x' as Repository;
const one = '1' as Tag;
const blob = blobOf(Buffer.alloc(600_000, 7));
const manifest = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: blob.digest, size: 100 };

const read = async (body: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
};
/** All that is told of a failure, its causes too. */
const told = (error: unknown): string => {
  const lines: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    lines.push(JSON.stringify({ ...cause, message: cause.message, stack: cause.stack }));
  return lines.join('\n');
};

describe('F8: a gateway that has trouble', () => {
  test('503 SlowDown: again, not before it says', async () => {
    const at: number[] = [];
    const gateway = await standIn((_request, answer) => {
      at.push(performance.now());
      if (at.length === 1) reply(answer, 503, { 'retry-after': '1' }, errorXml('SlowDown'));
      else reply(answer, 200, {}, JSON.stringify(manifest));
    });
    expect(await bucketAt([gateway]).resolve(team, one)).toEqual(manifest);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test('503 for ever: unreachable, with what it said', async () => {
    const gateway = await standIn((_request, answer) => reply(answer, 503, {}, errorXml('SlowDown')));
    await expect(bucketAt([gateway]).resolve(team, one)).rejects.toMatchObject({
      code: 'source-unreachable',
      details: { url: gateway.url, why: 'HTTP 503 SlowDown' },
    });
    expect(gateway.seen).toHaveLength(3);
  });

  test('a wait longer than a minute is a failure now', async () => {
    const gateway = await standIn((_request, answer) =>
      reply(answer, 503, { 'retry-after': '3600' }, errorXml('SlowDown')),
    );
    await expect(bucketAt([gateway]).resolve(team, one)).rejects.toMatchObject({
      code: 'source-unreachable',
    });
    expect(gateway.seen).toHaveLength(1);
  });

  test('several gateways: the next at once, and from then on that one', async () => {
    const down = await standIn((_request, answer) => reply(answer, 503, {}, errorXml('SlowDown')));
    const up = await standIn((_request, answer) => reply(answer, 200, {}, JSON.stringify(manifest)));
    const source = bucketAt([down, up], { waits: [60_000] });
    await source.resolve(team, one);
    await source.resolve(team, one);
    expect(down.seen).toHaveLength(1);
    expect(up.seen).toHaveLength(2);
  });

  test.each([
    [-3600, '60 minutes behind'],
    [3600, '60 minutes ahead'],
  ])('a clock that is %i s off: told by how much, after one more attempt', async (off, difference) => {
    const date = new Date(Date.now() - off * 1000).toUTCString();
    const gateway = await standIn((_request, answer) =>
      reply(answer, 403, { date }, errorXml('RequestTimeTooSkewed')),
    );
    const asking = bucketAt([gateway]).resolve(team, one);
    await expect(asking).rejects.toMatchObject({ code: 'clock-skewed', details: { difference } });
    await expect(asking).rejects.toThrow(difference);
    expect(gateway.seen).toHaveLength(2);
  });

  test("a clock that is off: signed with the gateway's time the second time", async () => {
    const theirs = Date.now() + 3600_000;
    const gateway = await standIn((request, answer) => {
      const signed = String(request.headers['x-amz-date']).replace(
        /^(....)(..)(..)T(..)(..)(..)Z$/,
        '$1-$2-$3T$4:$5:$6Z',
      );
      const date = new Date(theirs).toUTCString();
      if (Math.abs(Date.parse(signed) - theirs) > 900_000)
        reply(answer, 403, { date }, errorXml('RequestTimeTooSkewed'));
      else reply(answer, 200, { date }, JSON.stringify(manifest));
    });
    expect(await bucketAt([gateway]).resolve(team, one)).toEqual(manifest);
  });
});

describe('T25: what a gateway may not do', () => {
  test.each([301, 302, 307, 308])('%i: a signed request goes nowhere else', async (status) => {
    const other = await standIn((_request, answer) => reply(answer, 200, {}, JSON.stringify(manifest)));
    const gateway = await standIn((request, answer) =>
      reply(answer, status, { location: `${other.url}${request.url}` }),
    );
    await expect(bucketAt([gateway]).resolve(team, one)).rejects.toMatchObject({
      code: 'bucket-moved',
      details: { target: other.url },
    });
    expect(other.seen).toEqual([]);
  });

  test('an object that is replaced while it is read is not gone on with', async () => {
    const seen: (string | undefined)[] = [];
    const bytes = Buffer.alloc(blob.size, 7);
    const gateway = await standIn((request, answer) => {
      seen.push(request.headers['if-match']);
      if (request.headers.range === undefined) return reply(answer, 200, { etag: '"first"' }, bytes);
      if (request.headers['if-match'] === '"second"') return reply(answer, 206, {}, bytes);
      return reply(answer, 412, { etag: '"second"' }, errorXml('PreconditionFailed'));
    });
    const source = bucketAt([gateway]);
    await read(await source.open(team, blob));
    const going = source.open(team, blob, undefined, { start: 500_000 });
    await expect(going).rejects.toMatchObject({
      code: 'source-protocol',
      details: { why: expect.stringContaining('was replaced while it was read') },
    });
    expect(seen).toEqual([undefined, '"first"']);
  });

  test('no range is shorter than 256 KiB, and what was not asked for is not given', async () => {
    const bytes = Buffer.from(Array.from({ length: blob.size }, (_, at) => at % 251));
    const ranges: string[] = [];
    const gateway = await standIn((request, answer) => {
      ranges.push(request.headers.range ?? '');
      const from = Number(/\d+/.exec(request.headers.range ?? '0'));
      const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
      reply(answer, 206, { 'content-range': range }, bytes.subarray(from));
    });
    const source = bucketAt([gateway]);
    const last = await read(await source.open(team, blob, undefined, { start: blob.size - 3 }));
    expect(last.equals(bytes.subarray(-3))).toBe(true);
    await read(await source.open(team, blob, undefined, { start: 10 }));
    expect(ranges).toEqual([`bytes=${blob.size - 262_144}-`, 'bytes=10-']);
  });

  test('another range than asked for', async () => {
    const gateway = await standIn((_request, answer) =>
      reply(answer, 206, { 'content-range': `bytes 0-5/${blob.size}` }, 'abcdef'),
    );
    await expect(bucketAt([gateway]).open(team, blob, undefined, { start: 10 })).rejects.toMatchObject({
      code: 'source-protocol',
    });
  });

  test.each([
    ['{"mediaType": "a"', 'not in order'],
    [JSON.stringify({ ...manifest, digest: 'sha256:../../x' }), 'not in order'],
    [JSON.stringify({ ...manifest, size: -1 }), 'not in order'],
    [JSON.stringify({ ...manifest, mediaType: 'text/html' }), 'its type is "text/html"'],
  ])('a tag that says %s', async (text, why) => {
    const gateway = await standIn((_request, answer) => reply(answer, 200, {}, text));
    await expect(bucketAt([gateway]).resolve(team, one)).rejects.toMatchObject({
      code: 'manifest-invalid',
      details: { why: expect.stringContaining(why) },
    });
  });

  test('keys that are no names are passed over, and never asked for', async () => {
    const keys = [
      'tags/../../etc/passwd',
      'tags/%252e%252e/x',
      'tags/a/%2e%2e',
      'tags/good/x/1',
      'tags/',
      'tags/alone',
      'tags/Upper/x',
      `tags/${'%C3%BC'.repeat(500)}/1`,
      'tags/a/%E0%A4%A/1',
      'tags/a/b%00/1',
      'blobs/sha256/aa',
    ];
    const notices: string[] = [];
    const gateway = await standIn((_request, answer) => reply(answer, 200, {}, page(keys)));
    const source = bucketAt([gateway], { onNotice: (text) => void notices.push(text) });
    expect(await listed(source)).toEqual(['good/x:1']);
    expect(notices).toEqual(['10 malformed names were passed over']);
    expect(gateway.seen).toHaveLength(1);
  });

  test.each([
    [403, 'AccessDenied', 'source-denied'],
    [403, 'InvalidAccessKeyId', 'source-denied'],
    [403, 'SignatureDoesNotMatch', 'source-denied'],
    [404, 'NoSuchBucket', 'bucket-missing'],
    [404, 'NoSuchKey', 'image-missing'],
    [400, 'InvalidArgument', 'source-protocol'],
  ])('%i %s is %s, and no key is in what is told', async (status, name, code) => {
    const gateway = await standIn((_request, answer) => reply(answer, status, {}, errorXml(name)));
    const error: unknown = await bucketAt([gateway])
      .resolve(team, one)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code });
    expect(told(error)).not.toMatch(/canary|AKCANARY|Signature=/i);
  });

  test('control: the SDK tells the key', async () => {
    const { GetObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
    const gateway = await standIn((_request, answer) => reply(answer, 403, {}, errorXml('AccessDenied')));
    const s3 = new S3Client({
      endpoint: gateway.url,
      region: 'us-east-1',
      credentials: KEYS,
      maxAttempts: 1,
    });
    const error: unknown = await s3
      .send(new GetObjectCommand({ Bucket: 'images', Key: 'a' }))
      .catch((caught: unknown) => caught);
    expect(told(error)).toContain('AKCANARY0');
  });
});

test('without keys requests are not signed; with "anonymous" none are looked for', async () => {
  const signed: (string | undefined)[] = [];
  const gateway = await standIn((request, answer) => {
    signed.push(request.headers.authorization);
    reply(answer, 200, {}, JSON.stringify(manifest));
  });
  await bucketAt([gateway], { keys: async () => undefined }).resolve(team, one);
  const never = async (): Promise<never> => {
    throw new Error('looked for keys');
  };
  await bucketAt([gateway], { keys: never }, { credentials: 'anonymous' }).resolve(team, one);
  await bucketAt([gateway]).resolve(team, one);
  expect(signed).toEqual([undefined, undefined, expect.stringContaining('Credential=AKCANARY0/')]);
});

describe('a connection without a byte for longer than the timeout', () => {
  const bytes = Buffer.alloc(8 * 1024 ** 2, 7);
  const big = blobOf(bytes);
  const openedAt = async (gateway: ScriptedServer) => bucketAt([gateway], {}, { timeout: 1 }).open(team, big);

  test('because the reader is busy: it stays', async () => {
    const gateway = await standIn((_request, answer) => reply(answer, 200, {}, bytes));
    let got = 0;
    for await (const chunk of await openedAt(gateway)) {
      if (got === 0) await delay(2500);
      got += chunk.length;
    }
    expect(got).toBe(big.size);
    expect(gateway.seen).toHaveLength(1);
  });

  test('because the gateway stalls: it is given up', async () => {
    const gateway = await standIn((_request, answer) => {
      answer.writeHead(200, { 'content-length': String(big.size) });
      answer.write(bytes.subarray(0, 1000));
    });
    await expect(read(await openedAt(gateway))).rejects.toMatchObject({
      code: 'source-unreachable',
      details: { why: 'no byte for 1 s' },
    });
  });
});

test('keys that come while a source is in use are used', async () => {
  const signed: boolean[] = [];
  const gateway = await standIn((request, answer) => {
    signed.push(request.headers.authorization !== undefined);
    reply(answer, 200, {}, JSON.stringify(manifest));
  });
  const known: (typeof KEYS)[] = [];
  const source = bucketAt([gateway], { keys: async () => known[0] });
  await source.resolve(team, one);
  known.push(KEYS);
  await source.resolve(team, one);
  expect(signed).toEqual([false, true]);
});

test('who has no keys is told so, and where they count', async () => {
  const gateway = await standIn((_request, answer) => reply(answer, 403, {}, errorXml('AccessDenied')));
  const refused = bucketAt([gateway], { keys: async () => undefined }).resolve(team, one);
  await expect(refused).rejects.toMatchObject({
    message: expect.stringContaining('(HTTP 403 AccessDenied, asked without keys).'),
    hint: expect.stringMatching(/^Put keys into ~\/\.aws\/credentials .* unlike AWS_ACCESS_KEY_ID, or ask /),
  });
});

test('path style, below the prefix', async () => {
  const gateway = await standIn((_request, answer) => reply(answer, 200, {}, JSON.stringify(manifest)));
  await bucketAt([gateway], {}, { prefix: 'a/b' }).resolve(team, one);
  expect(gateway.seen).toEqual(['GET /images/a/b/tags/team/x/1?x-id=GetObject']);
});
