import { expect, test } from '@jest/globals';
import { encodeTarHeader, LayerRefusal, type TarHeader } from '@berth/spawner/image';
import fc from 'fast-check';
import { decodeTarHeader } from '../../../spawner/src/image/tar-header.ts';

const GOLDEN = `612f62${'00'.repeat(97)}${Buffer.from('0000644\x000001750\x000001750\x0000000000005\x0007346545000\x00').toString('hex')}`;

const header: TarHeader = {
  name: 'a/b',
  mode: 0o644,
  uid: 1000,
  gid: 1000,
  size: 5,
  mtime: 1e9,
  type: '0',
  linkname: '',
};

test('golden bytes', () => {
  const block = encodeTarHeader(header);
  expect(block.toString('hex', 0, 148)).toBe(GOLDEN);
  expect(block.toString('latin1', 257, 265)).toBe('ustar\x0000');
});

test('what is written is read', () => {
  const number = fc.oneof(fc.nat(), fc.nat(Number.MAX_SAFE_INTEGER));
  const name = fc.string({ minLength: 1, maxLength: 100, unit: fc.constantFrom('a', 'b', '/') });
  fc.assert(
    fc.property(number, number, number, fc.integer(), name, (uid, gid, size, mtime, name) => {
      const whole = { ...header, uid, gid, size, mtime, name, linkname: name.slice(0, 50) };
      expect(decodeTarHeader(encodeTarHeader(whole))).toEqual(whole);
    }),
  );
});

test('long names are split at a slash, or refused', () => {
  const name = `${'d'.repeat(90)}/${'e'.repeat(60)}/${'f'.repeat(99)}`;
  expect(decodeTarHeader(encodeTarHeader({ ...header, name })).name).toBe(name);
  expect(() => encodeTarHeader({ ...header, name: 'x'.repeat(101) })).toThrow(RangeError);
  expect(() => encodeTarHeader({ ...header, linkname: 'x'.repeat(101) })).toThrow(RangeError);
});

test('any block is read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 512, maxLength: 512 }), fc.nat(511), (noise, keep) => {
      const block = encodeTarHeader(header);
      Buffer.from(noise).copy(block, keep, keep, Math.min(512, keep + 12));
      try {
        decodeTarHeader(block);
      } catch (error) {
        expect(error).toBeInstanceOf(LayerRefusal);
      }
    }),
  );
});
