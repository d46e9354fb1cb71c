import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readParameters } from '../../../extension/src/jobs/read-parameters.ts';

test('one a line, blanks around name and value dropped', () => {
  expect(readParameters('alpha = 0.1\r\n\n  where=a = b  \n')).toEqual({
    ok: true,
    parameters: { alpha: '0.1', where: 'a = b' },
  });
  expect(readParameters('')).toEqual({ ok: true, parameters: {} });
});
test.each([
  ['a = 1\nb: 2', 2, 'no-value'],
  ['2a = 1', 1, 'bad-name'],
  ['a b = 1', 1, 'bad-name'],
  ['a = 1\n\na = 2', 3, 'twice'],
])('%j: line %d', (text, line, why) => expect(readParameters(text)).toEqual({ ok: false, line, why }));
test('property: total; what comes out are names', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'aZ_0= \n"$'.split('')) }), (text) => {
      const read = readParameters(text);
      if (read.ok)
        expect(Object.keys(read.parameters).every((name) => /^[A-Za-z_]\w*$/.test(name))).toBe(true);
      else expect(read.line).toBeGreaterThan(0);
    }),
  );
});
