import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { readKernelMetadata } from '../../extension/src/kernel-metadata.ts';

const berth = {
  image: 'lab/climate:2026.2',
  digest: `sha256:${'a'.repeat(64)}`,
  kernel: 'python3',
  language: 'python',
};

test('reads what Berth wrote, whatever else a newer Berth or another tool adds', () => {
  expect(readKernelMetadata({ metadata: { berth, debugger: true } })).toEqual(berth);
  expect(readKernelMetadata({ metadata: { berth: { ...berth, since: 2027 } } })).toMatchObject(berth);
});

test.each([
  ['no metadata', {}],
  ['metadata of others', { metadata: { debugger: true } }],
  ['a text', { metadata: { berth: 'yes' } }],
  ['null', { metadata: { berth: null } }],
  ['a missing digest', { metadata: { berth: { ...berth, digest: undefined } } }],
  ['a digest that is no text', { metadata: { berth: { ...berth, digest: { toString: 1 } } } }],
])('is no kernel of ours: %s', (_, spec) => {
  expect(readKernelMetadata(spec)).toBeUndefined();
});

test('never throws', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.anything()), (metadata) => {
      readKernelMetadata({ metadata });
      readKernelMetadata({ metadata: { berth: metadata } });
    }),
  );
});
