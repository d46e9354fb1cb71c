import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { LabPage } from './lab-page.ts';
import { worldUp, type LabWorld } from './lab-world.ts';

let world: LabWorld;
beforeAll(async () => {
  world = await worldUp();
}, 180_000);
afterAll(() => world?.down(), 60_000);
afterEach(() => world?.clear());

/** Longer than the attempts of Jupyter's restarter and of Lab last. */
const UNTIL_NOBODY_TRIES = 15_000;

test('a time limit and an scancel are told in words, nothing starts by itself, and the person starts again', async () => {
  const limited = await world.open();
  await limited.startFromTile(/venv-python/, 'A minute');
  const first = await world.queue.job('RUNNING', 40_000);
  expect(await limited.run('kept = 1; print(kept)')).toBe('1');
  await limited.status.filter({ hasText: /only \d+ s left/ }).waitFor({ timeout: 40_000 });

  const cancelled = await world.open();
  await cancelled.startFromTile(/venv-python/, 'Small');
  expect(await cancelled.run('import os; print(os.environ["SLURM_JOB_ID"])')).not.toBe(first.id);
  const second = (await world.queue.jobs()).find((job) => job.id !== first.id);
  const submitted = await world.queue.submitted();
  await world.site.run(['scancel', second?.id ?? '']);
  await told(cancelled, new RegExp(`Job ${second?.id} was cancelled`));
  await told(limited, /time limit/i, 120_000);
  await limited.status.waitFor({ state: 'hidden' });
  await sleep(UNTIL_NOBODY_TRIES); // nothing announces that nothing happens
  expect(await world.queue.submitted()).toBe(submitted);
  expect(await world.queue.jobs()).toEqual([]);
  // the same is still said, and Lab does not say that it restarts
  for (const window of [cancelled, limited]) expect(await window.dialog.count()).toBe(0);
  await told(cancelled, /was cancelled/);
  await told(limited, /time limit/i);

  await cancelled.banner.getByRole('button', { name: 'Start again' }).click();
  const third = await world.queue.job('RUNNING', 40_000);
  expect(third.id).not.toBe(second?.id);
  const { cpus, memory, limit } = second ?? {};
  expect(third).toMatchObject({ cpus, memory, limit });
  expect(await cancelled.run('print(os.environ["SLURM_JOB_ID"])').catch(String)).toContain('NameError');
  expect(await cancelled.run('import os; print(os.environ["SLURM_JOB_ID"])')).toBe(third.id);
  expect(await cancelled.banner.count()).toBe(0);
  expect(await world.queue.submitted()).toBe(submitted + 1);
}, 260_000);

test('where the notebook is not in sight, a notification tells it', async () => {
  const window = await world.open();
  await window.startFromTile(/venv-python/, 'Small');
  const { id } = await world.queue.job('RUNNING', 40_000);
  expect(await window.run('print(1)')).toBe('1');
  await window.newLauncher();
  await world.site.run(['scancel', id]);
  await window.notifications.filter({ hasText: `Job ${id} was cancelled` }).waitFor();
  await window.notifications.getByRole('button', { name: 'Show' }).click();
  await told(window, /was cancelled/);
}, 90_000);

/** At the top of the notebook, and read aloud. */
async function told(window: LabPage, words: RegExp, timeout = 20_000): Promise<void> {
  await window.banner.getByRole('status').filter({ hasText: words }).waitFor({ timeout });
}
