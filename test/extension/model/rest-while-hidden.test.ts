import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { restWhileHidden } from '../../../extension/src/model/rest-while-hidden.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('a page that is out of sight for long gives its connection back, and takes it up when it is seen', () => {
  const calls: string[] = [];
  const events = { start: () => void calls.push('start'), rest: () => void calls.push('rest') };
  const page = Object.assign(new EventTarget(), { hidden: false });
  const turn = (hidden: boolean): void => {
    page.hidden = hidden;
    page.dispatchEvent(new Event('visibilitychange'));
  };
  const ends = restWhileHidden(events, page);
  turn(true);
  jest.advanceTimersByTime(59_000);
  turn(false);
  jest.advanceTimersByTime(120_000);
  expect(calls).toEqual(['start', 'start']);
  turn(true);
  jest.advanceTimersByTime(60_000);
  turn(false);
  expect(calls).toEqual(['start', 'start', 'rest', 'start']);
  ends.dispose();
  ends.dispose();
  turn(true);
  jest.advanceTimersByTime(60_000);
  expect(calls.at(-1)).toBe('rest');
});
