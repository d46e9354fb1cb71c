import { expect, test } from '@jest/globals';
import { decodeName, encodeName } from '@berth/spawner/image';
import fc from 'fast-check';

test('any bytes come back; UTF-8 as itself', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      expect(encodeName(decodeName(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
      (text) => {
        expect(decodeName(Buffer.from(text))).toBe(text);
      },
    ),
  );
  expect(decodeName(Buffer.from([0x61, 0xff, 0xc3, 0xa9, 0xc3]))).toBe('a\udcffé\udcc3');
});

test('and survive JSON', () => {
  const name = decodeName(Buffer.from([0xff, 0x41]));
  expect(JSON.parse(Buffer.from(JSON.stringify(name)).toString())).toBe(name);
});
