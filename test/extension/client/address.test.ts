import { expect, test } from '@jest/globals';
import { ROUTES } from '@berth/schema/rest';
import * as fc from 'fast-check';
import { addressOf } from '../../../extension/src/client/address.ts';

test('fills parameters and query, and leaves out what is absent', () => {
  expect(addressOf(ROUTES.kernel, { params: { name: 'a' } })).toBe('/v1/kernels/a');
  expect(addressOf(ROUTES.kernels, { query: { search: 'a b', cursor: undefined } })).toBe(
    '/v1/kernels?search=a+b',
  );
  expect(() => addressOf(ROUTES.kernel)).toThrow('needs name');
});

test('no value of a parameter or of the query changes which route is asked', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (name, search) => {
      const url = new URL(addressOf(ROUTES.offer, { params: { name }, query: { search } }), 'http://here');
      const [, version, kernels, encoded = '', kernelspec, ...rest] = url.pathname.split('/');
      // a lone "." or ".." is what URL parsers resolve; no kernel is called so, and the server's schema refuses it
      fc.pre(name !== '.' && name !== '..' && name !== '');
      expect([version, kernels, kernelspec, rest]).toEqual(['v1', 'kernels', 'kernelspec', []]);
      expect(decodeURIComponent(encoded)).toBe(name.toWellFormed());
      expect(url.searchParams.get('search')).toBe(search.toWellFormed());
    }),
  );
});
