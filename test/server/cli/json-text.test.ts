import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonText } from '../../../server/src/cli/json-text.ts';

test('is the same value to a parser, and nothing that a terminal obeys', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
      const written = jsonText([value, text, '\u009b2J\u202e\u007f']);
      expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify([value, text, '\u009b2J\u202e\u007f'])));
      expect(written).not.toMatch(/(?!\n)[\p{Cc}\u202a-\u202e]/u);
    }),
  );
});
