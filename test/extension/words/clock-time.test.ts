import { expect, test } from '@jest/globals';
import { clockTime } from '../../../extension/src/words/clock-time.ts';

const now = new Date('2026-03-01T12:00:00').getTime();

test('a time of today is a time; another day brings its date, another year that too', () => {
  expect(clockTime('2026-03-01T14:05:00', now, 'en-GB')).toBe('14:05');
  expect(clockTime('2026-03-03T08:00:00', now, 'en-GB')).toMatch(/Tue,? 3 Mar,? 08:00/);
  expect(clockTime('2021-02-11T09:00:00', now, 'en-GB')).toContain('2021');
  expect(clockTime('N/A', now)).toBeUndefined();
});
