import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { worldUp, type LabWorld } from './lab-world.ts';

let world: LabWorld;
beforeAll(async () => {
  world = await worldUp();
}, 180_000);
afterAll(() => world?.down(), 60_000);
afterEach(() => world?.clear());

test('Interrupt, Restart and Shut Down of Lab’s Kernel menu do what they say', async () => {
  const window = await world.open();
  await window.startFromTile(/venv-python/, 'Small');
  const { id, ...had } = await world.queue.job('RUNNING', 40_000);
  const process = await window.run('import os; kept = 5; print(os.getpid())');

  const sleeping = await window.send('import time\nprint("now", flush=True)\ntime.sleep(600)');
  await sleeping.getByText('now', { exact: true }).last().waitFor();
  await window.menu('Kernel', 'Interrupt Kernel');
  await sleeping.getByText('KeyboardInterrupt').first().waitFor({ timeout: 10_000 });
  // the cell is over, by that error and with a number
  await sleeping.locator('.jp-InputPrompt', { hasText: /\[\d+\]/ }).waitFor();
  expect(await window.run('print(kept)')).toBe('5');

  const submitted = await world.queue.submitted();
  await window.menu('Kernel', /^Restart Kernel…/);
  await window.dialog.getByRole('button', { name: 'Confirm Kernel Restart' }).click();
  await window.dialog.waitFor({ state: 'detached' });
  expect(await window.run('import os; print("kept" in dir())')).toBe('False');
  const after = await window.run('print(os.environ["SLURM_JOB_ID"], os.getpid())');
  expect(after).not.toBe(`${id} ${process}`);
  // at most the one job of a restart that found none to go on in
  expect(await world.queue.submitted()).toBeLessThanOrEqual(submitted + 1);
  const [job, ...others] = await world.queue.jobs();
  expect(others).toEqual([]);
  expect(job?.id).toBe(after.split(' ')[0]);
  expect(job).toMatchObject({ cpus: had.cpus, memory: had.memory, limit: had.limit });

  await window.menu('Kernel', /^Shut Down Kernel/);
  await world.queue.untilEmpty();
  await window.status.waitFor({ state: 'hidden' });
  // wanted: nothing is told, and nothing comes after it
  expect(await window.banner.count()).toBe(0);
  expect(await window.dialog.count()).toBe(0);
  expect(await world.queue.submitted()).toBeLessThanOrEqual(submitted + 1);
}, 120_000);
