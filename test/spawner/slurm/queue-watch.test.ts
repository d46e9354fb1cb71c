import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { JobId } from '@berth/schema';
import { watchQueue } from '../../../spawner/src/slurm/queue-watch.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const line = (reason: string, start = 'N/A', state = 'PENDING'): string =>
  `5|${state}|${start}|1:00|main|1||${reason}\n`;

/** watches with scripted answers (the last one stays); an Error is a query that fails */
function watched(answers: (string | Error)[]) {
  const asked: number[] = [];
  const told: string[] = [];
  const run = async () => {
    asked.push(Date.now());
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) throw answer;
    return { status: 0, signal: null, stdout: answer ?? '', stderr: '' };
  };
  const from = Date.now();
  const watch = watchQueue(run, 'squeue', { jobId: JobId.parse('5') }, 5000, ({ reason }) =>
    told.push(reason),
  );
  return { watch, told, seconds: () => asked.map((at) => (at - from) / 1000) };
}

test('asks after a second, says each new thing once, and asks ever more seldom while nothing changes', async () => {
  const { watch, told, seconds } = watched([line('Priority'), line('Priority'), line('Resources')]);
  await jest.advanceTimersByTimeAsync(100_000);
  watch.stop();
  expect(told).toEqual(['Priority', 'Resources']);
  expect(seconds()).toEqual([1, 6, 16, 21, 31, 51, 81]);
});

test('a new estimate is news', async () => {
  const { watch, told } = watched([line('Priority'), line('Priority', '2026-11-21T04:00:00')]);
  await jest.advanceTimersByTimeAsync(7000);
  watch.stop();
  expect(told).toEqual(['Priority', 'Priority']);
});

test('a question that fails, a running or an unknown job say nothing', async () => {
  const { watch, told, seconds } = watched([
    new Error('slurmctld is down'),
    '',
    line('None', 'N/A', 'RUNNING'),
  ]);
  await jest.advanceTimersByTimeAsync(12_000);
  watch.stop();
  expect(told).toEqual([]);
  expect(seconds()).toEqual([1, 6, 11]);
});

test('after stop nothing is asked and an answer on its way is not told; stopping twice is fine', async () => {
  const { watch, told, seconds } = watched([line('Priority')]);
  jest.advanceTimersByTime(1000);
  watch.stop();
  watch.stop();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual([]);
  expect(seconds()).toEqual([1]);
});
