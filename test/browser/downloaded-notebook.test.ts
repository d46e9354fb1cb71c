import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { worldUp, type LabWorld } from './lab-world.ts';

let world: LabWorld;
let kernel: string;
beforeAll(async () => {
  world = await worldUp();
  kernel = await world.site.kernel('venv-python');
}, 180_000);
afterAll(() => world?.down(), 60_000);
afterEach(() => world?.clear());

const BIG = { cpus: 8, memory: '5G', time: '1-00:00:00' };

/** A notebook from anywhere: it names a kernel of Berth's, and wants much. */
const notebook = (name: string, resources: object = BIG): string =>
  JSON.stringify({
    cells: [],
    metadata: {
      kernelspec: { name, display_name: 'Python', language: 'python' },
      berth: { resources, confirmed: true },
    },
    nbformat: 4,
    nbformat_minor: 5,
  });

test('it submits nothing before the person agrees, nor after a no', async () => {
  const charged = { ...BIG, account: 'somebody-elses', qos: 'urgent' };
  await world.write('from-the-web.ipynb', notebook(kernel, charged));
  const submitted = await world.queue.submitted();
  const window = await world.open();
  await window.openFile('from-the-web.ipynb');
  await window.banner.filter({ hasText: 'wants a job: 8 CPUs, 5 GB, 1 d' }).waitFor();
  expect(await window.banner.innerText()).toContain('Nothing has been submitted');
  expect(await window.banner.innerText()).toContain('The notebook file asks for these resources');
  await window.status.filter({ hasText: 'Asks' }).waitFor();
  // whose account it would be charged to, and where it would run
  await window.banner.filter({ hasText: 'account somebody-elses, QOS urgent' }).waitFor();
  await sleep(5000); // nothing announces that nothing happens
  expect(await world.queue.jobs()).toEqual([]);
  await window.reload();
  await window.banner.filter({ hasText: 'wants a job' }).waitFor();
  expect(await world.queue.submitted()).toBe(submitted);
  await window.banner
    .getByRole('button', { name: 'Don’t start' })
    .or(window.banner.getByRole('button', { name: "Don't start" }))
    .click();
  await window.banner.and(window.page.locator('[data-state="failed"]')).waitFor();
  await sleep(10_000);
  expect(await world.queue.submitted()).toBe(submitted);
  expect(await world.queue.jobs()).toEqual([]);
}, 90_000);

test('after a yes it runs with what was agreed', async () => {
  await world.write('agreed.ipynb', notebook(kernel));
  const window = await world.open();
  await window.openFile('agreed.ipynb');
  await window.banner.getByRole('button', { name: 'Choose…' }).click();
  // its wish preselects, and is said to be its own
  await window.dialog.getByRole('note').filter({ hasText: '8 CPUs' }).waitFor();
  await window.choose('Small');
  await window.dialog.getByRole('button', { name: 'Start', exact: true }).click();
  expect(await world.queue.job('RUNNING')).toMatchObject({ cpus: '1', memory: '500M', limit: '1:00:00' });
  expect(await window.run('print(6 * 7)')).toBe('42');

  await world.write('agreed-as-it-is.ipynb', notebook(kernel));
  const other = await world.open();
  await other.openFile('agreed-as-it-is.ipynb');
  await other.banner.getByRole('button', { name: 'Start', exact: true }).click();
  await other.banner
    .filter({ hasText: /waits|Starting/ })
    .or(other.status)
    .first()
    .waitFor();
  expect(await world.queue.job('PENDING')).toMatchObject({ cpus: '8', memory: '5G', limit: '1-00:00:00' });
}, 120_000);

test('guard: where the launcher is not asked to ask, the job is submitted', async () => {
  await world.site.variant(kernel, 'unasked', (record) => record);
  const spec = join(world.alice.kernels, 'unasked/kernel.json');
  const content = JSON.parse(await readFile(spec, 'utf8')) as { env?: Record<string, string> };
  // no process has this id, so the launcher takes itself for one of another client
  content.env = { ...content.env, BERTH_SERVER_PARENT: '0' };
  await writeFile(spec, JSON.stringify(content));
  await world.write('unasked.ipynb', notebook('unasked'));
  const submitted = await world.queue.submitted();
  const window = await world.open();
  await window.openFile('unasked.ipynb');
  await world.queue.job('RUNNING', 30_000);
  expect(await world.queue.submitted()).toBe(submitted + 1);
}, 60_000);
