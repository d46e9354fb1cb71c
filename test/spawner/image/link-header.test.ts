import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nextLink } from '../../../spawner/src/image/link-header.ts';

test.each([
  ['</v2/_catalog?last=b&n=2>; rel="next"', '/v2/_catalog?last=b&n=2'],
  ['<a>; rel=next', 'a'],
  ['<a>; rel="prev", <b>; title="x"; rel="next"', 'b'],
  ['<a>; REL = "NEXT"', 'a'],
  ['<a>; rel="nextish"', undefined],
  ['<a>', undefined],
  ['', undefined],
  [undefined, undefined],
])('%s', (header, wanted) => expect(nextLink(header)).toBe(wanted));

test('total on any text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('<', '>', ';', ' ', 'rel', '=', '"', 'next') }),
      (text) => void nextLink(text),
    ),
  );
});
