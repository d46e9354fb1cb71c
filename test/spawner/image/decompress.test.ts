import { spawnSync } from 'node:child_process';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { Compression } from '@berth/schema';
import { decompress, LayerRefusal } from '@berth/spawner/image';
import { inSlices } from './archives.ts';

const A = Buffer.from('a'.repeat(100_000) + 'tail');
const B = Buffer.from('b'.repeat(300_000));
const skippable = Buffer.from('502a4d180400000001020304', 'hex');

async function plainOf(bytes: Buffer, compression: Compression, slice: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of decompress(inSlices(bytes, slice), compression)) parts.push(part);
  return Buffer.concat(parts);
}

describe.each([1, 7, 4096, 1e6])('in slices of %i bytes', (slice) => {
  test.each<[string, Compression, Buffer]>([
    ['two gzip members', 'gzip', Buffer.concat([gzipSync(A), gzipSync(B)])],
    // Node's own stream ends after the first without a word
    [
      'two zstd frames with skippable ones',
      'zstd',
      Buffer.concat([zstdCompressSync(A), skippable, zstdCompressSync(B), skippable]),
    ],
    ['nothing to do', 'none', Buffer.concat([A, B])],
  ])('%s', async (_, compression, bytes) => {
    const step = compression === 'none' ? Math.max(slice, 512) : slice;
    expect((await plainOf(bytes, compression, step)).equals(Buffer.concat([A, B]))).toBe(true);
  });

  test.each<[string, Compression, Buffer]>([
    ['gzip cut short', 'gzip', gzipSync(A).subarray(0, -3)],
    ['zstd cut short', 'zstd', zstdCompressSync(A).subarray(0, -3)],
    ['garbage after gzip', 'gzip', Buffer.concat([gzipSync(A), Buffer.from('garbage')])],
    ['garbage after zstd', 'zstd', Buffer.concat([zstdCompressSync(A), Buffer.from('garbage')])],
    ['nothing at all', 'gzip', Buffer.alloc(0)],
    ['gzip that is called zstd', 'zstd', gzipSync(A)],
  ])('refused: %s', async (_, compression, bytes) => {
    await expect(plainOf(bytes, compression, slice)).rejects.toBeInstanceOf(LayerRefusal);
  });
});

test('T22: a zstd window of 128 MiB is refused', async () => {
  const input = Buffer.alloc(160 * 1024 ** 2, 'berth');
  const { stdout } = spawnSync('zstd', ['--ultra', '-22', '--long=27', '-c'], { input, maxBuffer: 1e8 });
  await expect(plainOf(stdout, 'zstd', 65_536)).rejects.toThrow(/too much memory/);
});

test('what cannot be decompressed is read to its end, so that its digest speaks first', async () => {
  let read = 0;
  const input = async function* (): AsyncGenerator<Buffer> {
    for await (const part of inSlices(Buffer.concat([Buffer.from('no gzip'), B]), 1000)) {
      read += part.length;
      yield part;
    }
    throw new Error('wrong digest');
  };
  const all = async (): Promise<void> => {
    for await (const _ of decompress(input(), 'gzip'));
  };
  await expect(all()).rejects.toThrow('wrong digest');
  expect(read).toBe(B.length + 7);
});
