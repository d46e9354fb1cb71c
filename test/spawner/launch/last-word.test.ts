import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { JobId, type LaunchPlan } from '@berth/schema';
import { jobSelector, lastWord } from '../../../spawner/src/launch/last-word.ts';
import type { LaunchContext } from '../../../spawner/src/launch/launch-context.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const jobId = JobId.parse('7');
const plan = (kind: 'new-job' | 'step'): LaunchPlan =>
  ({ placement: { kind, jobId, argv: [] } }) as unknown as LaunchPlan;

/** Slurm's answers one after the other, the last one for ever */
function context(answers: (string | Error)[]) {
  const asked: (readonly string[])[] = [];
  const run = async (argv: readonly string[]) => {
    asked.push(argv);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) throw answer;
    return {
      status: 0,
      signal: null,
      stdout: answer ? `7|${answer}|N/A|0:00|p|1|n1|None\n` : '',
      stderr: '',
    };
  };
  return {
    asked,
    context: { run, squeue: 'squeue', jobName: 'berth-x', userName: 'me' } as unknown as LaunchContext,
  };
}

test('waits while Slurm has not decided, and takes the first word that is one', async () => {
  const { asked, context: given } = context(['RUNNING', 'COMPLETING', 'CANCELLED']);
  const word = lastWord(plan('new-job'), given, jobId);
  await jest.advanceTimersByTimeAsync(5000);
  expect(await word).toMatchObject({ kind: 'known', allocation: { state: 'CANCELLED' } });
  expect(asked).toHaveLength(3);
});

test('some two seconds, not more; then the undecided answer', async () => {
  const { asked, context: given } = context(['RUNNING']);
  const word = lastWord(plan('step'), given, jobId);
  await jest.advanceTimersByTimeAsync(2000);
  expect(await word).toMatchObject({ allocation: { state: 'RUNNING' } });
  expect(asked).toHaveLength(8);
});

test('a Slurm that does not answer is asked once and says nothing; no such job is an answer', async () => {
  expect(await lastWord(plan('new-job'), context([new Error('down')]).context, jobId)).toBeUndefined();
  expect(await lastWord(plan('new-job'), context(['']).context, jobId)).toEqual({ kind: 'absent' });
});

test('before its number is known our job is found by its name; a job that we are in by its number', () => {
  const { context: given } = context(['']);
  expect(jobSelector(plan('new-job'), given)).toEqual({ jobName: 'berth-x', user: 'me' });
  expect(jobSelector(plan('step'), given)).toEqual({ jobId: '7' });
});
