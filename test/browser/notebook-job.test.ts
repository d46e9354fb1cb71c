import { once } from 'node:events';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Locator } from '@playwright/test';
import { until } from '../cluster/until.ts';
import { labUp, type Lab } from '../jupyter/lab-server.ts';
import { beginAnew } from '../live/begin-anew.ts';
import { LabPage } from './lab-page.ts';
import { worldUp, type LabWorld } from './lab-world.ts';

let world: LabWorld;
let kernel: string;
const labs: Lab[] = [];
beforeAll(async () => {
  world = await worldUp();
  kernel = await world.site.kernel('venv-python');
}, 180_000);
afterAll(() => world?.down(), 60_000);
afterEach(async () => {
  await world?.clear();
  for (const lab of labs.splice(0)) await lab.down();
});

/** Says of itself that it may be trusted, as a file from anywhere can. */
const notebook = (cells: readonly string[]): string =>
  JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: kernel, display_name: 'Python', language: 'python' } },
    cells: cells.map((source, at) => ({
      id: `cell-${at}`,
      cell_type: 'code',
      metadata: { trusted: true, ...(source.startsWith('# parameters') && { tags: ['parameters'] }) },
      execution_count: null,
      outputs: [],
      source,
    })),
  });

const HOSTILE = '<b>shown</b><img src="x:y" onerror="window.ran = true"><script>window.ran = true</script>';
const ran = (window: LabPage): Promise<unknown> =>
  window.page.evaluate(() => (window as unknown as { ran?: boolean }).ran ?? false);

async function jobsOf(window: LabPage): Promise<Locator> {
  await window.command('jupyter-berth:show-allocations');
  return window.page.getByRole('region', { name: 'Submitted notebooks' });
}

test('a notebook goes on as a job when JupyterLab is killed; after a new start its finished result is opened', async () => {
  const first = await labUp({ user: world.alice });
  labs.push(first);
  const write = async (name: string, text: string): Promise<void> => {
    await writeFile(join(first.notebooks, name), text);
    await chown(join(first.notebooks, name), world.alice.user.uid, world.alice.user.gid);
  };
  await write(
    'long.ipynb',
    notebook([
      'print("begun")',
      `import os, time\nfrom IPython.display import HTML, display\ndisplay(HTML(${JSON.stringify(HOSTILE)}))`,
      'while not os.path.exists("further"): time.sleep(0.1)\nprint("fur" + "ther")',
      'while not os.path.exists("go"): time.sleep(0.1)',
      'print("finished " * 2, "second line", sep="\\n")',
    ]),
  );
  const context = (await world.open()).page.context();
  const window = await LabPage.open(context, first, 'before');
  await window.command('filebrowser:refresh');
  await window.page
    .locator('.jp-DirListing-item')
    .filter({ hasText: 'long.ipynb' })
    .click({ button: 'right' });
  await window.page.locator('.lm-Menu-item').filter({ hasText: 'Run as a Job…' }).click();
  await window.choose('Small');
  await window.dialog.getByRole('button', { name: 'Submit' }).click();
  const card = (await jobsOf(window)).getByRole('listitem', { name: 'Job of long.ipynb' });
  await card.getByText('running', { exact: true }).waitFor({ timeout: 30_000 });
  // the output grows while it is looked at
  await card.getByRole('button', { name: 'Open output' }).click({ timeout: 30_000 });
  await window.notebook.getByText('begun', { exact: true }).waitFor({ timeout: 20_000 });
  await window.notebook.getByText('shown', { exact: true }).waitFor({ timeout: 20_000 });
  expect(await ran(window)).toBe(false);

  // opened again with the page it goes on growing, and asks for no kernel
  const asked: string[] = [];
  window.page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().includes('/api/sessions')) asked.push(request.url());
  });
  // Lab keeps what is open a moment later
  const kept = async (): Promise<boolean> =>
    (await (await first.fetch('lab/api/workspaces/before')).text()).includes('notebook:BerthJobs:');
  expect(await until(kept, 15_000)).toBe(true);
  await window.reload();
  await window.notebook.getByText('begun', { exact: true }).waitFor({ timeout: 20_000 });
  await write('further', '');
  await window.notebook.getByText('further', { exact: true }).waitFor({ timeout: 20_000 });
  expect(asked).toEqual([]);
  expect(await (await first.fetch('api/kernels')).json()).toEqual([]);
  expect(await ran(window)).toBe(false);

  const { id } = await world.queue.job('RUNNING', 5000);
  const ended = once(first.process, 'exit');
  process.kill(first.pid, 'SIGKILL');
  await ended;
  await window.page.close();
  await write('go', '');

  const second = await labUp({ user: world.alice });
  labs.push(second);
  const again = await LabPage.open(context, second, 'after');
  const finished = (await jobsOf(again)).getByRole('listitem', { name: 'Job of long.ipynb' });
  await finished.getByText('completed', { exact: true }).waitFor({ timeout: 30_000 });
  expect(await finished.innerText()).toContain(`Job ${id}`);
  await finished.getByRole('button', { name: 'Open output' }).click();
  const last = again.notebook.getByText('finished finished');
  await last.waitFor({ timeout: 20_000 });
  expect(await last.innerText()).toMatch(/^finished finished *\nsecond line\n?$/);
  expect(await ran(again)).toBe(false);
  // no kernel was asked for, and no job
  expect(await (await second.fetch('api/kernels')).json()).toEqual([]);
  await finished.getByRole('button', { name: 'Log' }).click();
  await again.page.getByRole('log').getByText('the kernel runs').waitFor();
  await again.page.close();

  // what keeps the script from running is that no cell is trusted: with a drive that leaves it so it does (T41)
  const without = await LabPage.open(context, second, 'without');
  await without.page.evaluate(() => {
    type Drive = {
      get(path: string): Promise<{ content: { cells?: { metadata: { trusted?: boolean } }[] } }>;
    };
    // as in LabPage; of Lab's contents it is a part that nobody else needs
    const { jupyterapp } = window as unknown as {
      jupyterapp: { serviceManager: { contents: { _additionalDrives: Map<string, Drive> } } };
    };
    const drive = jupyterapp.serviceManager.contents._additionalDrives.get('BerthJobs');
    if (drive === undefined) throw new Error('no drive');
    const get = drive.get.bind(drive);
    drive.get = async (path) => {
      const model = await get(path);
      for (const { metadata } of model.content.cells ?? []) metadata.trusted = true;
      return model;
    };
  });
  const same = (await jobsOf(without)).getByRole('listitem', { name: 'Job of long.ipynb' });
  await same.getByRole('button', { name: 'Open output' }).click();
  await without.notebook.getByText('shown', { exact: true }).waitFor({ timeout: 20_000 });
  await without.page.waitForFunction(() => (window as unknown as { ran?: boolean }).ran);
  await without.page.close();
}, 240_000);

test('a sweep: which run failed is told, with its parameters and the error of its cell; cancelled and submitted again', async () => {
  const held = 'import os, time\nwhile os.path.exists("hold"): time.sleep(0.1)\n';
  await world.write('fit.ipynb', notebook(['# parameters\nn = 1', `${held}print(100 // n)`]));
  await world.write('sweep.csv', 'n\n1\n0\n4\n');
  const window = await world.open();
  await window.openFile('fit.ipynb');
  await window.notebook.getByRole('button', { name: 'Run this notebook as a job' }).click();
  await window.choose('Small');
  // what is not in order is told before anything is submitted
  await window.dialog.getByLabel('Parameters').fill('label: first');
  await window.dialog.getByRole('button', { name: 'Submit' }).click();
  await window.dialog.getByText('write NAME = VALUE').waitFor();
  await window.dialog.getByLabel('Parameters').fill('label = first');
  await window.dialog.getByLabel('Sweep (CSV file)').fill('sweep.csv');
  await window.dialog.getByRole('button', { name: 'Submit' }).click();
  const cards = (await jobsOf(window)).getByRole('listitem', { name: 'Job of fit.ipynb' });
  await cards
    .getByText('2 completed, 1 failed')
    .or(cards.getByText('1 failed, 2 completed'))
    .waitFor({ timeout: 60_000 });
  const wrong = cards.getByRole('list', { name: 'Runs that went wrong' });
  expect(await wrong.getByRole('listitem').count()).toBe(1);
  const told = await wrong.innerText();
  expect(told).toContain('Run 1: label=first, n=0');
  expect(told).toMatch(/ZeroDivisionError: .* \(cell \[3\]\)/);
  await cards.getByText('All 3 runs').click();
  await cards.getByRole('list', { name: 'All runs' }).getByText('Run 2: label=first, n=4').waitFor();
  await wrong.getByRole('button', { name: 'Open output' }).click();
  await window.notebook.getByText('ZeroDivisionError').first().waitFor({ timeout: 20_000 });

  // the next one is not over before it is cancelled
  await world.write('hold', '');
  await cards.getByRole('button', { name: 'Submit again' }).click();
  await cards.nth(1).waitFor();
  const again = cards.first();
  await again.getByRole('button', { name: 'Cancel the job of fit.ipynb' }).click();
  await window.dialog.getByRole('button', { name: 'Cancel the job' }).click();
  await again.getByRole('button', { name: 'Submit again' }).waitFor({ timeout: 30_000 });

  // what is over and not wanted any more is removed
  expect(await cards.count()).toBe(2);
  await world.queue.untilEmpty();
  await again.getByRole('button', { name: 'Remove the job of fit.ipynb' }).click();
  await window.dialog.getByRole('button', { name: 'Remove the job' }).click();
  await cards.nth(1).waitFor({ state: 'detached', timeout: 10_000 });
  expect(await cards.count()).toBe(1);
}, 180_000);

test('one that Slurm begins anew is followed: it waits, it runs once more, its output is the new one; then it is cancelled (F5)', async () => {
  await world.write(
    'anew.ipynb',
    notebook([
      'import os, time\nopen("rounds", "a").write("x")\nprint("round", os.path.getsize("rounds"))',
      'while True: time.sleep(0.1)',
    ]),
  );
  const window = await world.open();
  await window.openFile('anew.ipynb');
  await window.notebook.getByRole('button', { name: 'Run this notebook as a job' }).click();
  await window.choose('Small');
  await window.dialog.getByRole('button', { name: 'Submit' }).click();
  const card = (await jobsOf(window)).getByRole('listitem', { name: 'Job of anew.ipynb' });
  await card.getByText('cell 1 of 2').waitFor({ timeout: 60_000 });
  await card.getByRole('button', { name: 'Open output' }).click();
  await window.notebook.getByText('round 1', { exact: true }).waitFor({ timeout: 20_000 });
  const { id } = await world.queue.job('RUNNING');
  await world.site.run(['scontrol', 'requeue', id]);
  await card.getByText('waiting', { exact: true }).waitFor({ timeout: 30_000 });
  await beginAnew(world.site, id);
  await card.getByText('Attempt 2').waitFor({ timeout: 60_000 });
  await card.getByText('running', { exact: true }).waitFor();
  await window.notebook.getByText('round 2', { exact: true }).waitFor({ timeout: 30_000 });
  await card.getByRole('button', { name: 'Cancel the job of anew.ipynb' }).click();
  await window.dialog.getByRole('button', { name: 'Cancel the job' }).click();
  await card.getByText('cancelled', { exact: true }).waitFor({ timeout: 30_000 });
  await world.queue.untilEmpty();
  // nothing of it is to be saved, so nothing is asked
  const tab = window.page.locator('.lm-DockPanel-tabBar .lm-mod-current');
  expect(await tab.innerText()).toContain('anew.ipynb');
  await tab.locator('.lm-TabBar-tabCloseIcon').click();
  await window.notebook.getByText('round 2', { exact: true }).waitFor({ state: 'detached' });
}, 180_000);

test('without a mouse: the question, its fields, one run cancelled; the focus comes back', async () => {
  await world.write(
    'wait.ipynb',
    notebook([
      '# parameters\nn = 1',
      'import os, time\nwhile n == 1 or not os.path.exists("on"): time.sleep(0.1)',
    ]),
  );
  await world.write('both.csv', 'n\n1\n2\n');
  const window = await world.open();
  const { page, dialog } = window;
  const focused = (locator: Locator): Promise<boolean> =>
    // of Lab's buttons the part inside has it
    locator.evaluate((node) => node.matches(':focus, :focus-within'));
  await window.openFile('wait.ipynb');
  await page.keyboard.press('Escape');
  const button = window.notebook.getByRole('button', { name: 'Run this notebook as a job' });
  await button.focus();
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Submit' }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await until(() => focused(button), 5000)).toBe(true);
  await page.keyboard.press('Enter');
  const sweep = dialog.getByLabel('Sweep (CSV file)');
  await sweep.waitFor();
  for (let times = 0; times < 30 && !(await focused(sweep)); times += 1) await page.keyboard.press('Tab');
  expect(await focused(sweep)).toBe(true);
  await page.keyboard.type('both.csv');
  // Lab's dialogs are accepted with Enter from any field of one line
  await page.keyboard.press('Enter');
  const card = (await jobsOf(window)).getByRole('listitem', { name: 'Job of wait.ipynb' });
  await card.getByText('2 running').waitFor({ timeout: 60_000 });
  await card.getByText('All 2 runs').focus();
  await page.keyboard.press('Enter');
  const cancel = card.getByRole('button', { name: 'Cancel run 0' });
  await cancel.waitFor();
  for (let times = 0; times < 20 && !(await focused(cancel)); times += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await dialog.getByText('the other runs go on').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await card.getByText('1 cancelled').waitFor({ timeout: 30_000 });
  await world.write('on', '');
  await card.getByText('completed').first().waitFor({ timeout: 30_000 });
}, 180_000);
