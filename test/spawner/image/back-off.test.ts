import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LONGEST_WAIT, nextWait, retryAfter } from '../../../spawner/src/image/back-off.ts';

test.each([
  ['3', 3000],
  ['0', 0],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 9000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['-1', undefined],
  ['1e9', undefined],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After: %s', (value, wanted) => expect(retryAfter(value, 1000)).toBe(wanted));

test('a wait is what was planned, or longer as asked, never beyond the longest', () => {
  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.option(fc.nat(10 ** 6), { nil: undefined }),
      chance,
      (planned, asked, chance) => {
        const wait = nextWait(planned, asked, chance);
        if ((asked ?? 0) > LONGEST_WAIT) expect(wait).toBeUndefined();
        else expect(wait).toBeGreaterThanOrEqual(Math.max(planned, asked ?? 0));
        expect(wait ?? 0).toBeLessThanOrEqual(Math.max(LONGEST_WAIT, planned * 1.25));
      },
    ),
  );
  expect(nextWait(undefined, 1, 0)).toBeUndefined();
});
