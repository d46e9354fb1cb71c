import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { worldUp, type LabWorld } from './lab-world.ts';

let world: LabWorld;
beforeAll(async () => {
  world = await worldUp();
}, 180_000);
afterAll(() => world?.down(), 60_000);
afterEach(() => world?.clear());

test('the panel lists the jobs of kernels, with what they hold, and ends one', async () => {
  const window = await world.open();
  const { page } = window;
  await window.command('jupyter-berth:show-allocations');
  const panel = page.getByRole('region', { name: 'Jobs of your kernels' });
  await panel.getByText('No job of yours runs or waits.').waitFor();
  // somebody's own job is none of Berth's
  await world.site.run(['sbatch', '--mem=100M', '--output=/dev/null', '--wrap=sleep 300']);
  await window.startFromTile(/venv-python/, 'Large');
  expect(await window.run('print(1)')).toBe('1');
  const name = await window.fileName();
  await window.startFromTile(/venv-python/, 'Small');
  expect(await window.run('print(1)')).toBe('1');

  await panel
    .getByRole('listitem', { name: /^Job \d+/ })
    .nth(1)
    .waitFor();
  expect(await panel.getByRole('listitem', { name: /^Job \d+/ }).count()).toBe(2);
  const large = panel.getByRole('listitem', { name: /^Job \d+/ }).filter({ hasText: name });
  await large.getByText(/4 CPUs · 2 GB/).waitFor();
  await large.getByText(/1 h 5\d min left of 2 h/).waitFor();
  const id = /Job (\d+)/.exec(await large.innerText())?.[1] ?? '';
  expect((await world.queue.jobs()).find((job) => job.id === id)).toMatchObject({ cpus: '4' });

  await panel.getByRole('button', { name: `End job ${id}` }).click();
  await window.dialog.getByText(name).waitFor();
  await window.dialog.getByRole('button', { name: 'End the job' }).click();
  await large.waitFor({ state: 'detached' });
  const left = (await world.queue.jobs()).filter((job) => job.state === 'RUNNING').map((job) => job.id);
  expect(left).not.toContain(id);
  expect(left).toHaveLength(2);
  // the other kernel has noticed nothing; the first one's end is told
  expect(await window.run('print(2)')).toBe('2');
  await window.notifications.filter({ hasText: `Job ${id}` }).waitFor();
}, 120_000);
