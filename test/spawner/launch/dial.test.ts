import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readDial, writeDial } from '../../../spawner/src/launch/dial.ts';

test('property: what is written is read', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
  const dial = fc.record({
    addresses: fc.array(address, { maxLength: 64 }),
    port: fc.integer({ min: 1, max: 65535 }),
  });
  fc.assert(fc.property(dial, (one) => expect(readDial(writeDial(one))).toEqual(one)));
});

test.each(['', 'x', '-1 a', '123456 a', '{"port":1}', `1${' a'.repeat(65)}`])('%j is none', (text) => {
  expect(() => readDial(text)).toThrow();
});
