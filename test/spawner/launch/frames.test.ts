import { PassThrough, Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFrames, writeFrame, type Frame } from '../../../spawner/src/launch/frames.ts';

const letters = fc.constantFrom(...'PNSDX'.split(''));

async function collect(stream: Readable): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const { type, data } of readFrames(stream)) all.push({ type, data: Buffer.from(data) });
  return all;
}

test('property: what was written is read, however it was cut on the way', async () => {
  const frames = fc.array(fc.tuple(letters, fc.uint8Array({ maxLength: 40 })), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(frames, fc.integer({ min: 1, max: 50 }), async (all, size) => {
      const wire = new PassThrough();
      for (const [type, data] of all) writeFrame(wire, type, data);
      wire.end();
      const bytes = Buffer.concat(await wire.toArray());
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      expect(await collect(Readable.from(pieces))).toEqual(
        all.map(([type, data]) => ({ type, data: Buffer.from(data) })),
      );
    }),
  );
});

test('golden bytes', async () => {
  const wire = new PassThrough();
  writeFrame(wire, 'P', 'é');
  writeFrame(wire, 'G', [2]);
  writeFrame(wire, 'X');
  wire.end();
  expect(Buffer.concat(await wire.toArray()).toString('hex')).toBe(
    '5000000002c3a9' + '470000000102' + '5800000000',
  );
});

test('a length that nothing has is an error, a stream cut short is its end', async () => {
  await expect(collect(Readable.from([Buffer.from('P\xff\xff\xff\xff', 'latin1')]))).rejects.toThrow(/bytes/);
  expect(await collect(Readable.from([Buffer.from('P\0\0\0\x05abc')]))).toEqual([]);
});

test('who stops listening leaves the stream open', async () => {
  const wire = new PassThrough();
  writeFrame(wire, 'X');
  for await (const { type } of readFrames(wire)) if (type === 'X') break;
  expect(wire.destroyed).toBe(false);
  wire.destroy();
  expect(await collect(wire)).toEqual([]);
});

test('nothing is written to one whose other end is gone', () => {
  const wire = new PassThrough();
  wire.destroy();
  expect(() => writeFrame(wire, 'X')).not.toThrow();
});
