import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Failure, Repository } from '@berth/schema';
import { fetchBlob } from '@berth/spawner/image';
import { inSlices } from './archives.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { blobOf, MemorySource } from './memory-source.ts';

const repository = Repository.parse('lab/x');
const bytes = Buffer.from(Array.from({ length: 20_000 }, (_, i) => i % 251));
const blob = blobOf(bytes);
const options = { limits: DEFAULT_LIMITS, waits: [1] };
let dir = '';
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'berth-blob-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const fetched = (source: MemorySource, more: object = {}): Promise<void> =>
  fetchBlob(source, repository, blob, join(dir, 'blob'), { ...options, ...more });

test('the right bytes arrive, counted', async () => {
  let count = 0;
  await fetched(new MemorySource(() => inSlices(bytes, 999)), { onBytes: (n: number) => void (count += n) });
  expect(readFileSync(join(dir, 'blob'))).toEqual(bytes);
  expect(readdirSync(dir)).toEqual(['blob']);
  expect(count).toBe(bytes.length);
});

describe('T12, T13: nothing is kept of', () => {
  const expectRefused = async (source: MemorySource, code: string, more: object = {}): Promise<void> => {
    await expect(fetched(source, more)).rejects.toMatchObject({ code });
    expect(readdirSync(dir)).toEqual([]);
  };

  test('one flipped bit anywhere', async () => {
    for (const at of [0, 9_999, bytes.length - 1]) {
      const bad = Buffer.from(bytes);
      bad[at] = (bad[at] as number) ^ 1;
      await expectRefused(new MemorySource(() => inSlices(bad, 999)), 'blob-digest-mismatch');
    }
  });

  test('truncation at every sixteenth, also when it stays so', async () => {
    for (let part = 0; part < 16; part += 1) {
      const end = Math.floor((bytes.length * part) / 16);
      await expectRefused(
        new MemorySource((_, from) => inSlices(bytes.subarray(from, end), 999)),
        'blob-truncated',
      );
    }
  });

  test('a byte too many, and an endless body', async () => {
    const long = Buffer.concat([bytes, Buffer.of(1)]);
    await expectRefused(new MemorySource(() => inSlices(long, 999)), 'blob-too-long');
    const endless = async function* (): AsyncGenerator<Buffer> {
      for (;;) yield Buffer.alloc(1000);
    };
    await expectRefused(new MemorySource(endless), 'blob-too-long');
  });

  test('one byte now and then, at the deadline', async () => {
    const drip = async function* (): AsyncGenerator<Buffer> {
      for (const byte of bytes) {
        yield Buffer.of(byte);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const signalled = new MemorySource(drip);
    await expectRefused(signalled, 'limit-exceeded', { limits: { ...DEFAULT_LIMITS, blobSeconds: 0.2 } });
  });

  test('a fetch that was cancelled', async () => {
    const controller = new AbortController();
    const source = new MemorySource(async function* () {
      yield bytes.subarray(0, 10);
      controller.abort();
      throw new Failure('source-unreachable', { url: 'x', why: 'aborted' });
    });
    await expectRefused(source, 'cancelled', { signal: controller.signal });
  });
});

test('cancelled before it began: the source, which may only heed a cancel to come, is not asked', async () => {
  const source = new MemorySource(() => inSlices(bytes, 999));
  await expect(fetched(source, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  expect(source.opened).toEqual([]);
});

test('T13: a broken connection is taken up where it broke', async () => {
  const source = new MemorySource(async function* (attempt, from) {
    yield bytes.subarray(from, attempt === 1 ? 7_000 : undefined);
    if (attempt === 1) throw new Failure('source-unreachable', { url: 'x', why: 'reset' });
  });
  await fetched(source);
  expect(source.opened).toEqual([{ start: 0 }, { start: 7_000 }]);
  expect(readFileSync(join(dir, 'blob'))).toEqual(bytes);
});

test.each([
  [1.2, 'arrives'],
  [0.8, 'source-unreachable'],
])('F7: a line that breaks every %d MiB: %s', async (part, end) => {
  const much = Buffer.alloc(6 * 1024 ** 2, 5);
  const breaking = new MemorySource(async function* (_attempt, from) {
    const to = from + Math.round(part * 1024 ** 2);
    yield* inSlices(much.subarray(from, to), 64 * 1024);
    if (to < much.length) throw new Failure('source-unreachable', { url: 'http://x', why: 'reset' });
  });
  const fetching = fetchBlob(breaking, repository, blobOf(much), join(dir, 'blob'), {
    ...options,
    waits: [1],
  });
  if (end !== 'arrives') return expect(fetching).rejects.toMatchObject({ code: end });
  await fetching;
  expect(readFileSync(join(dir, 'blob')).equals(much)).toBe(true);
});
