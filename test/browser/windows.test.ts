import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { worldUp, type LabWorld } from './lab-world.ts';

let world: LabWorld;
beforeAll(async () => {
  world = await worldUp({ people: ['alice', 'bob'] });
}, 180_000);
afterAll(() => world?.down(), 60_000);
afterEach(() => world?.clear());

test('after a reload all is there again: running, waiting, and how it ended', async () => {
  const window = await world.open();
  await window.startFromTile(/venv-python/, 'Small');
  const { id } = await world.queue.job('RUNNING', 40_000);
  expect(await window.run('kept = 5; print(kept)')).toBe('5');
  await window.command('docmanager:save');
  await window.reload();
  await window.status.filter({ hasText: `Job ${id} · ` }).waitFor();
  expect(await window.run('print(kept)')).toBe('5');

  await world.site.run(['scancel', id]);
  await window.banner
    .getByRole('status')
    .filter({ hasText: `Job ${id} was cancelled` })
    .waitFor();
  await window.reload();
  await window.banner
    .getByRole('status')
    .filter({ hasText: `Job ${id} was cancelled` })
    .waitFor();

  const release = await world.queue.occupy(world.site.cluster.nodes[0] ?? '');
  await window.banner.getByRole('button', { name: 'Start again' }).click();
  const waiting = await world.queue.job('PENDING');
  // as before
  expect(waiting).toMatchObject({ cpus: '1', memory: '500M', limit: '1:00:00' });
  await window.banner.filter({ hasText: `Job ${waiting.id} waits` }).waitFor();
  await window.reload();
  await window.banner.filter({ hasText: `Job ${waiting.id} waits` }).waitFor();
  await release();
  expect(await window.run('print(6 * 7)')).toBe('42');
}, 150_000);

test('two tabs show the same and follow each other', async () => {
  const one = await world.open();
  await one.startFromTile(/venv-python/, { CPUs: '2', Memory: '600M', 'Time limit': '0:50:00' });
  const { id, ...had } = await world.queue.job('RUNNING', 40_000);
  expect(await one.run('print(1)')).toBe('1');
  await one.command('docmanager:save');
  const two = await world.open(one);
  await two.openFile(await one.fileName());
  for (const tab of [one, two]) await tab.status.filter({ hasText: `Job ${id} · ` }).waitFor();
  expect((await world.queue.jobs()).map((job) => job.id)).toEqual([id]);

  await two.command('jupyter-berth:show-allocations');
  await two.page.getByRole('button', { name: `End job ${id}` }).click();
  await two.dialog.getByRole('button', { name: 'End the job' }).click();
  for (const tab of [one, two]) await tab.banner.getByRole('status').filter({ hasText: id }).waitFor();
  const submitted = await world.queue.submitted();
  await one.page.bringToFront();
  await one.banner.getByRole('button', { name: 'Start again' }).click();
  const next = await world.queue.job('RUNNING', 40_000);
  expect(had).toMatchObject({ cpus: '2', memory: '600M', limit: '50:00' });
  expect(next).toMatchObject({ cpus: '2', memory: '600M', limit: '50:00' });
  await one.status.filter({ hasText: `Job ${next.id} · ` }).waitFor();
  await two.page.bringToFront();
  await two.status.filter({ hasText: `Job ${next.id} · ` }).waitFor();
  expect(await two.banner.count()).toBe(0);
  expect(await world.queue.submitted()).toBe(submitted + 1);
}, 150_000);
