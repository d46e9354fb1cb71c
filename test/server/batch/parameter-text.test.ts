import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkParameters, parseParameters } from '../../../server/src/batch/parameter-text.ts';

describe('what is typed', () => {
  test('name and text; the first "=" divides them', () => {
    expect(parseParameters(['alpha=0.1', 'where=a=b', 'empty=', 'text=a "b"\n$(id)'])).toEqual({
      alpha: '0.1',
      where: 'a=b',
      empty: '',
      text: 'a "b"\n$(id)',
    });
  });
  test.each([
    [['alpha'], 'no "="'],
    [['=1'], 'a name is made of'],
    [['2x=1'], 'a name is made of'],
    [['a b=1'], 'a name is made of'],
    [['__import__("os")=1'], 'a name is made of'],
    [['a\n=1'], 'a name is made of'],
    [['a=1', 'a=2'], 'twice'],
    [[`a=${'x'.repeat(20_000)}`], 'too long'],
    [['a=\0'], 'NUL'],
  ])('%j is refused', (typed, why) => {
    expect(() => parseParameters(typed)).toThrow(expect.objectContaining({ code: 'parameter-invalid' }));
    expect(() => parseParameters(typed)).toThrow(why);
  });
  test('`constructor` is a name like any other, `__proto__` is none', () => {
    expect(parseParameters(['constructor=2'])).toEqual({ constructor: '2' });
    expect(() => parseParameters(['__proto__=1'])).toThrow('a name is made of');
  });
});

test('property: total, and what comes out is what was given', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/).filter((one) => one !== '__proto__');
  const value = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 8 }),
      (pairs) => {
        expect(parseParameters(pairs.map(([key, text]) => `${key}=${text}`))).toEqual(
          Object.fromEntries(pairs),
        );
      },
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (pairs) => {
      try {
        const names = Object.keys(checkParameters(pairs));
        expect(names.every((one) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(one))).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ code: 'parameter-invalid' });
      }
    }),
  );
});
