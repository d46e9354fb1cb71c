import { expect, test } from '@jest/globals';
import { TimeLimit } from '@berth/schema';
import * as fc from 'fast-check';
import { timeLimitSeconds } from '../../../extension/src/words/time-limit.ts';

test.each([
  ['60', 3600],
  ['90:30', 5430],
  ['4:00:00', 14_400],
  ['1-12', 129_600],
  ['1-0:30', 88_200],
  ['2-01:02:03', 176_523],
])('%s is %i seconds (sbatch(1), --time)', (text, seconds) => {
  expect(timeLimitSeconds(text)).toBe(seconds);
});

test.each(['', 'UNLIMITED', '-1', '1:2:3:4', '1.5'])('"%s" is no time limit', (text) => {
  expect(timeLimitSeconds(text)).toBeUndefined();
});

test('every time limit that the schema takes is understood', () => {
  const part = fc.integer({ min: 0, max: 59 }).map(String);
  const hours = fc.integer({ min: 0, max: 99 }).map(String);
  const forms = fc.oneof(
    hours,
    fc.tuple(hours, part).map((parts) => parts.join(':')),
    fc.tuple(hours, part, part).map((parts) => parts.join(':')),
    fc
      .tuple(
        hours,
        fc.tuple(hours, part, part).map((parts) => parts.join(':')),
      )
      .map((parts) => parts.join('-')),
  );
  fc.assert(
    fc.property(forms, (text) => {
      expect(TimeLimit.safeParse(text).success).toBe(true);
      expect(timeLimitSeconds(text)).toBeGreaterThanOrEqual(0);
    }),
  );
});
