import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lastLine, printableLine } from '../../../spawner/src/launch/last-line.ts';

test('the last line that says something', () => {
  expect(lastLine('one\ntwo\n\n')).toBe('two');
  expect(lastLine('')).toBe('');
  expect(printableLine('\u001b[31mred\u001b[0m\r')).toBe('[31mred [0m');
});

test('property: one printable line of at most 500 characters (T34)', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 1500 }), (text) => {
      const line = lastLine(text);
      expect(line.length).toBeLessThanOrEqual(500);
      // eslint-disable-next-line no-control-regex -- these are what must not be there
      expect(/[\u0000-\u001f\u007f-\u009f]/.test(line)).toBe(false);
    }),
  );
});
