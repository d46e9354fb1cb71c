import { expect, test } from '@jest/globals';
import { RecentKernels } from '../../../extension/src/model/recent-kernels.ts';
import { memoryState } from '../stand-in/memory-state.ts';

test('the last used first, each once, kept over a reload of the page', async () => {
  const state = memoryState();
  const recent = new RecentKernels(state);
  for (const name of ['a', 'b', 'a', 'c']) await recent.use(name);
  const after = new RecentKernels(state);
  await after.load();
  expect(after.names).toEqual(['c', 'a', 'b']);
});

test('what else the state database holds does no harm', async () => {
  const state = memoryState();
  await state.save('jupyter-berth:recent', ['a', 7, null, 'a']);
  const recent = new RecentKernels(state);
  await recent.load();
  expect(recent.names).toEqual(['a']);
  await state.save('jupyter-berth:recent', { not: 'a list' });
  await expect(new RecentKernels(state).load()).resolves.toBeUndefined();
});
