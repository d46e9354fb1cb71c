import { expect, test } from '@jest/globals';
import { secondsLeft } from '../../../extension/src/words/time-left.ts';
import { allocation } from '../stand-in/scenes.ts';

const at = '2026-03-01T12:00:00Z';
const now = Date.parse(at);

test('counts on from when Slurm said so, and stops at nothing', () => {
  const job = allocation(1, { of: { timeLeft: 100 } });
  expect(secondsLeft(job, at, now + 40_000)).toBe(60);
  expect(secondsLeft(job, at, now + 400_000)).toBe(0);
  // a clock that is behind does not give time
  expect(secondsLeft(job, at, now - 40_000)).toBe(100);
  expect(secondsLeft(job, undefined, now)).toBe(100);
});

test('a job that waits, or has no end, has no time left', () => {
  expect(secondsLeft(allocation(1, { of: { state: 'PENDING' } }), at, now)).toBeUndefined();
  expect(secondsLeft(allocation(1, { of: { timeLeft: undefined } }), at, now)).toBeUndefined();
});
