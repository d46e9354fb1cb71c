import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { kernelSpecName } from '../../../server/src/kernelspecs/names.ts';

const tuple = fc.record({
  source: fc.stringMatching(/^[a-c][a-c._-]{0,3}$/),
  repository: fc.stringMatching(/^[a-c]{1,40}(?:\/[a-c._-]{1,40}){0,3}$/),
  tag: fc.stringMatching(/^[a-cA-C0-1_][a-cA-C0-1._-]{0,30}$/),
  kernelId: fc.stringMatching(/^[a-c][a-c._-]{0,60}$/),
});

test('is readable and stable', () => {
  const identity = { source: 'lab', repository: 'team/climate', tag: '2026.2', kernelId: 'python3' };
  expect(kernelSpecName(identity)).toBe('python3-climate-2026.2-lab-4b7719ef');
});

test('is a name that jupyter_client takes, of at most 64 characters, and is the same lower-cased', () => {
  fc.assert(
    fc.property(tuple, (identity) => {
      expect(kernelSpecName(identity)).toMatch(/^[a-z0-9][a-z0-9._-]{0,54}-[0-9a-f]{8}$/);
    }),
  );
});

test('is injective, also over tuples that differ only in case or in where one part ends', () => {
  const pair = fc.oneof(
    fc.tuple(tuple, tuple),
    tuple.map((one) => [one, { ...one, tag: one.tag.toUpperCase() }] as const),
    tuple.map(
      (one) => [one, { ...one, kernelId: `${one.kernelId}-${one.repository}`.slice(0, 64) }] as const,
    ),
  );
  fc.assert(
    fc.property(pair, ([a, b]) => {
      const same = JSON.stringify(a) === JSON.stringify(b);
      expect(kernelSpecName(a) === kernelSpecName(b)).toBe(same);
    }),
    { numRuns: 2000 },
  );
});
