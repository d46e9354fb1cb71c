import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { ISessionContext } from '@jupyterlab/apputils';
import { Signal } from '@lumino/signaling';
import { restartOver } from '../../../extension/src/notebook/restart-over.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function context(status: string) {
  const kernel = { status };
  const statusChanged = new Signal<object, string>({});
  return { kernel, statusChanged, session: { kernel } };
}
const watch = (one: ReturnType<typeof context>) => {
  const seen = { over: false };
  void restartOver(one as unknown as ISessionContext).then(() => (seen.over = true));
  return seen;
};
const turn = () => jest.advanceTimersByTimeAsync(0);

test('does not wait for a kernel that is not being restarted', async () => {
  const seen = watch(context('dead'));
  await turn();
  expect(seen.over).toBe(true);
});

test.each(['restarting', 'autorestarting'])('waits while it is %s, but not for ever', async (status) => {
  const one = context(status);
  const [first, second] = [watch(one), watch(one)];
  await jest.advanceTimersByTimeAsync(2999);
  expect(first.over).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  expect([first.over, second.over]).toEqual([true, true]);
  const quick = watch(one);
  one.kernel.status = 'idle';
  one.statusChanged.emit('idle');
  await turn();
  expect(quick.over).toBe(true);
});
