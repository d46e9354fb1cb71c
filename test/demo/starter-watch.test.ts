import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, jest, test } from '@jest/globals';
import { identify, isAlive, type ProcessIdentity } from '../cluster/process-identity.ts';
import { until } from '../cluster/until.ts';
import { isThere, starter, watchStarter } from './starter-watch.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  jest.useRealTimers();
  for (const end of ends.splice(0)) end();
});

/** A shell in a group of its own, which runs `script`; pids that it prints. */
async function pids(
  script: string,
): Promise<{ readonly leader: number; readonly printed: readonly number[] }> {
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  ends.push(() => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL');
    } catch {
      // all of the group have ended
    }
  });
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return { leader: child.pid as number, printed: line.trim().split(' ').map(Number) };
}

test('all above it in its job, and nobody above that', async () => {
  const { leader, printed } = await pids("sh -c 'sleep 60 & echo $$ $!; wait'; :");
  const [middle = 0, lowest = 0] = printed;
  expect(starter(lowest).above.map(({ pid }) => pid)).toEqual([middle, leader]);
  expect(starter(leader).above).toEqual([]);
});

test('one of them killed, not the nearest: it is there no more, although its parent is', async () => {
  const { leader, printed } = await pids("sh -c 'sleep 60 & echo $$ $!; wait'; :");
  const [middle = 0, lowest = 0] = printed;
  const { above } = starter(lowest);
  expect(isThere({ above, terminals: [] })).toBe(true);
  process.kill(leader, 'SIGKILL');
  await until(() => !isAlive(above[1] as ProcessIdentity), 5_000);
  expect(identify(middle)).not.toBeNull();
  expect(isThere({ above, terminals: [] })).toBe(false);
});

test('a stream that is no terminal any more', () => {
  expect(isThere({ above: [], terminals: [] })).toBe(true);
  // a number that no open file has
  expect(isThere({ above: [], terminals: [65_000] })).toBe(false);
});

test('says so once', () => {
  jest.useFakeTimers();
  let [there, gone] = [true, 0];
  watchStarter(
    () => gone++,
    () => there,
    500,
  );
  jest.advanceTimersByTime(2_000);
  expect(gone).toBe(0);
  there = false;
  jest.advanceTimersByTime(2_000);
  expect(gone).toBe(1);
  expect(jest.getTimerCount()).toBe(0);
});
