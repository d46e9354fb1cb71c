import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { watchParent } from '../../../spawner/src/launch/parent-watch.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('tells once when another process has become our parent', () => {
  let parent = 500;
  let gone = 0;
  watchParent(
    () => parent,
    '500',
    () => gone++,
    400,
  );
  jest.advanceTimersByTime(2000);
  expect(gone).toBe(0);
  parent = 1;
  jest.advanceTimersByTime(400);
  jest.advanceTimersByTime(2000);
  expect(gone).toBe(1);
  expect(jest.getTimerCount()).toBe(0);
});

test('a parent that was gone before we looked: the client declared another', () => {
  let gone = 0;
  watchParent(
    () => 1,
    '500',
    () => gone++,
    400,
  );
  jest.advanceTimersByTime(400);
  expect(gone).toBe(1);
});

test.each([undefined, '1'])('in a container the client may be process 1 (declared %s)', (declared) => {
  let gone = 0;
  const watch = watchParent(
    () => 1,
    declared,
    () => gone++,
    400,
  );
  jest.advanceTimersByTime(4000);
  expect(gone).toBe(0);
  watch.stop();
  watch.stop();
  expect(jest.getTimerCount()).toBe(0);
});
