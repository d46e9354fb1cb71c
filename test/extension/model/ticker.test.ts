import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Ticker } from '../../../extension/src/model/ticker.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('ticks each second for all who listen, and stands still when nobody does', () => {
  const ticker = new Ticker();
  const heard: string[] = [];
  const endA = ticker.listen(() => heard.push('a'));
  const endB = ticker.listen(() => heard.push('b'));
  jest.advanceTimersByTime(1000);
  endA();
  endA();
  jest.advanceTimersByTime(1000);
  endB();
  expect(heard).toEqual(['a', 'b', 'b']);
  expect(jest.getTimerCount()).toBe(0);
});
