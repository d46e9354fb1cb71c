import { expect, test } from '@jest/globals';
import { buildDay } from '../../../extension/src/words/build-day.ts';

test('always with its year; a date that means "not said" is none', () => {
  const thisYear = `${new Date().getFullYear()}-02-11T09:00:00Z`;
  expect(buildDay(thisYear, 'en-GB')).toBe(`11 Feb ${new Date().getFullYear()}`);
  for (const none of [
    '1970-01-01T00:00:00Z',
    '1970-01-01T00:00:01Z',
    '1980-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '',
  ])
    expect(buildDay(none)).toBeUndefined();
});
