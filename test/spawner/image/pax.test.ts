import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodePax, encodePax } from '../../../spawner/src/image/pax.ts';
import { LayerRefusal } from '@berth/spawner/image';

test('what is written is read', () => {
  const key = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !/[=\0\n]/.test(text));
  const value = fc
    .string({ minLength: 1, unit: 'binary', maxLength: 200 })
    .filter((text) => !text.includes('\0') && text.isWellFormed());
  fc.assert(
    fc.property(fc.array(fc.tuple(key, value), { maxLength: 5 }), (pairs) => {
      const records = new Map(pairs);
      expect(decodePax(encodePax(records))).toEqual(records);
    }),
  );
});

test('lengths that count their own digits', () => {
  for (let length = 1; length < 1100; length += 1) {
    const records = new Map([['path', 'x'.repeat(length)]]);
    expect(decodePax(encodePax(records))).toEqual(records);
  }
});

test('any bytes are read or refused, never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodePax(Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(LayerRefusal);
      }
    }),
  );
});
