import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { HubJob } from '@berth/spawner/slurm';
import { HubQueue } from '../../../server/src/sessions/hub-queue.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const INTERVAL = 5_000;
function queueOf(answer: () => Promise<readonly HubJob[]> = async () => []) {
  const asked: number[] = [];
  const silent: string[] = [];
  const state = { wanted: true };
  const queue = new HubQueue({
    ask: async () => {
      asked.push(performance.now());
      return answer();
    },
    onAnswer: () => false,
    onSilence: (why) => silent.push(why),
    wanted: () => state.wanted,
    now: () => performance.now(),
    interval: INTERVAL,
  });
  return { queue, asked, silent, state };
}

test('however many call for it, never twice within the interval', async () => {
  const { queue, asked } = queueOf();
  for (let i = 0; i < 600; i++) {
    queue.nudge();
    queue.nudge(700);
    await jest.advanceTimersByTimeAsync(100);
  }
  queue.close();
  expect(asked.length).toBeGreaterThan(10);
  asked.slice(1).forEach((at, before) => expect(at - (asked[before] ?? 0)).toBeGreaterThanOrEqual(INTERVAL));
});

test('who calls while it asks is heard', async () => {
  let answer: ((jobs: readonly HubJob[]) => void) | undefined;
  const { queue, asked } = queueOf(() => new Promise((resolve) => (answer = resolve)));
  queue.nudge();
  await jest.advanceTimersByTimeAsync(1);
  queue.nudge();
  answer?.([]);
  await jest.advanceTimersByTimeAsync(INTERVAL);
  expect(asked).toHaveLength(2);
  queue.close();
});

test('silence is told and asked again; nothing is asked when nothing is there', async () => {
  const { queue, asked, silent, state } = queueOf(() => Promise.reject(new Error('no controller')));
  queue.nudge();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(silent.length).toBeGreaterThan(4);
  state.wanted = false;
  await jest.advanceTimersByTimeAsync(20_000);
  const before = asked.length;
  await jest.advanceTimersByTimeAsync(120_000);
  expect(asked.length).toBe(before);
  queue.nudge();
  state.wanted = true;
  await jest.advanceTimersByTimeAsync(INTERVAL);
  expect(asked.length).toBeGreaterThan(before);
  queue.close();
});
