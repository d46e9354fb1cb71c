import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { worldUp, type LabWorld } from './lab-world.ts';

let world: LabWorld;
beforeAll(async () => {
  world = await worldUp();
}, 180_000);
afterAll(() => world?.down(), 60_000);
afterEach(() => world?.clear());

test('a profile: Slurm gets just that', async () => {
  const window = await world.open();
  await window.startFromTile(/venv-python/, 'Large');
  expect(await world.queue.job('RUNNING')).toMatchObject({ cpus: '4', memory: '2G', limit: '2:00:00' });
  expect(await window.run('print(6 * 7)')).toBe('42');
}, 90_000);

test('resources of one’s own: kept for the path, asked once only', async () => {
  const window = await world.open();
  const own = { CPUs: '3', Memory: '777M', 'Time limit': '33' };
  await window.startFromTile(/venv-python/, own);
  const asked = { cpus: '3', memory: '777M', limit: '33:00' };
  expect(await world.queue.job('RUNNING')).toMatchObject(asked);
  expect(await window.run('print(6 * 7)')).toBe('42');

  const name = await window.fileName();
  await window.command('docmanager:save');
  await world.endKernels();
  await world.queue.untilEmpty();
  const submitted = await world.queue.submitted();
  const later = await world.open();
  await later.openFile(name);
  // no question now: the person has said it for this notebook
  expect(await world.queue.job('RUNNING')).toMatchObject(asked);
  expect(await later.run('print(6 * 7)')).toBe('42');
  expect(await world.queue.submitted()).toBe(submitted + 1);
  expect(await later.banner.count()).toBe(0);
}, 120_000);

test('what is wrong is said beside the field, and nothing is started', async () => {
  const window = await world.open();
  const submitted = await world.queue.submitted();
  await window
    .tile(/venv-python/)
    .first()
    .click();
  await window.choose({ CPUs: 'many', 'Time limit': 'tomorrow' });
  await window.dialog.getByRole('button', { name: 'Start', exact: true }).click();
  expect(await window.dialog.getByRole('alert').count()).toBe(2);
  expect(await window.dialog.getByLabel('CPUs', { exact: true }).getAttribute('aria-invalid')).toBe('true');
  await window.dialog.getByRole('button', { name: 'Cancel' }).click();
  await window.dialog.waitFor({ state: 'detached' });
  expect(await window.notebook.count()).toBe(0);
  expect(await world.queue.submitted()).toBe(submitted);
}, 60_000);
