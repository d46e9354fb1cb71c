import type { Locator } from '@playwright/test';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { LabPage } from './lab-page.ts';
import { worldUp, type LabWorld } from './lab-world.ts';

let world: LabWorld;
beforeAll(async () => {
  world = await worldUp();
}, 180_000);
afterAll(() => world?.down(), 60_000);
afterEach(() => world?.clear());

/** Presses the key until that element, or one inside it, has the focus. */
async function press(window: LabPage, key: string, target: Locator, most = 80): Promise<void> {
  for (let times = 0; times < most; times += 1) {
    if (await target.evaluate((node) => node.contains(document.activeElement))) return;
    await window.page.keyboard.press(key);
  }
  const at = await window.page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200));
  throw new Error(`${most} times ${key} lead not there, but to ${at}`);
}

test('without a mouse: a tile, the question, the notebook, its end', async () => {
  const window = await world.open();
  const { page, dialog } = window;
  await window.tile(/venv-python/).waitFor();
  await press(window, 'Tab', window.tile(/venv-python/));
  await page.keyboard.press('Enter');
  await dialog.waitFor();
  const group = dialog.getByRole('group', { name: 'What the kernel gets' });
  await press(window, 'Tab', group.getByRole('radio', { name: 'Small' }));
  await page.keyboard.press('ArrowDown');
  expect(await group.getByRole('radio', { name: 'Large' }).isChecked()).toBe(true);
  await press(window, 'Tab', dialog.getByRole('button', { name: 'Start', exact: true }));
  await page.keyboard.press('Enter');
  await window.notebook.waitFor();
  const job = await world.queue.job('RUNNING', 40_000);
  expect(job.cpus).toBe('4');
  await page.keyboard.press('Enter');
  expect(await window.run('print(6 * 7)')).toBe('42');

  // what will be said is said in an element that screen readers know already
  const said = await window.notebook.locator('.jp-Berth-bannerTitle').elementHandle();
  expect(await said?.textContent()).toBe('');
  await world.site.run(['scancel', job.id]);
  const again = window.banner.getByRole('button', { name: 'Start again' });
  await again.waitFor();
  await page.keyboard.press('Escape'); // Lab's way out of a cell, where Tab is the cell's
  await press(window, 'Shift+Tab', again);
  expect(await said?.textContent()).toContain(`Job ${job.id} was cancelled`);
  await page.keyboard.press('Enter');
  const next = await world.queue.job('RUNNING', 40_000);
  expect(next.id).not.toBe(job.id);
  // the button that was pressed has gone, and the focus is still in the notebook
  await window.status.filter({ hasText: `Job ${next.id} · ` }).waitFor();
  await window.notebook.locator(':focus').first().waitFor();

  // opened for the first time, the panel takes the focus: its heading, and not the button that ends a job
  await window.command('jupyter-berth:show-allocations');
  const jobs = page.getByRole('region', { name: 'Jobs of your kernels' });
  const heading = jobs.getByRole('heading', { name: 'Jobs of your kernels' });
  await heading.and(page.locator(':focus')).waitFor();
  await press(window, 'Tab', jobs.getByRole('button', { name: `End job ${next.id}` }));
  await page.keyboard.press('Enter');
  await press(window, 'Tab', dialog.getByRole('button', { name: 'End the job' }));
  await page.keyboard.press('Enter');
  await jobs.getByText('No job of yours runs or waits.').waitFor();
  await heading.and(page.locator(':focus')).waitFor();
}, 150_000);

test('the gallery and the jobs, by keys; every view names itself', async () => {
  const window = await world.open();
  const { page } = window;
  await window.tile(/All containers/).waitFor();
  await press(window, 'Tab', window.tile(/All containers/));
  await page.keyboard.press('Enter');
  const region = page.getByRole('region', { name: 'All containers' });
  const search = region.getByRole('searchbox', { name: 'Search containers' });
  await page.getByRole('grid').getByRole('row').first().waitFor();
  await press(window, 'Tab', search);
  await page.keyboard.type('venv');
  await region
    .getByRole('status')
    .filter({ hasText: /1 kernel/ })
    .first()
    .waitFor();
  await press(window, 'Tab', region.getByRole('grid', { name: 'Kernels in containers' }));
  await page.keyboard.press('ArrowDown');
  expect(await region.getByRole('row', { selected: true }).count()).toBe(1);
  await region.getByRole('complementary', { name: /^About/ }).waitFor();
  await page.keyboard.press('Enter');
  await window.dialog.getByRole('group', { name: 'What the kernel gets' }).waitFor();
  await window.dialog.locator('input:focus').waitFor();
  await page.keyboard.press('Escape');
  await window.dialog.waitFor({ state: 'detached' });

  for (const role of ['button', 'combobox', 'searchbox', 'grid', 'row', 'progressbar'] as const)
    for (const one of await region.getByRole(role).all()) expect(await nameOf(one)).not.toBe('');
  await window.command('jupyter-berth:show-allocations');
  const jobs = page.getByRole('region', { name: 'Jobs of your kernels' });
  await jobs.getByRole('heading', { name: 'Jobs of your kernels' }).waitFor();
  for (const button of await jobs.getByRole('button').all()) expect(await nameOf(button)).not.toBe('');
}, 90_000);

/** As a screen reader would say it. */
const nameOf = async (one: Locator): Promise<string> =>
  (await one.getAttribute('aria-label')) ??
  (await one.getAttribute('title')) ??
  (await one.innerText()).trim();
