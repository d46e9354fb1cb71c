import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { buildImages, pushImages } from '../images/images.ts';
import type { LabPage } from './lab-page.ts';
import { worldUp, type LabWorld } from './lab-world.ts';

let world: LabWorld;
beforeAll(async () => {
  world = await worldUp({ images: ['venv-python', 'two-tags', 'bash-kernel', 'no-kernel'] });
}, 180_000);
afterAll(() => world?.down(), 60_000);
afterEach(() => world?.clear());

async function gallery(): Promise<LabPage> {
  const window = await world.open();
  await window.section.getByText('All containers').click();
  await window.page.getByRole('grid', { name: 'Kernels in containers' }).waitFor();
  return window;
}

test('lists and searches, shows why a kernel is there and an image is not', async () => {
  const { page } = await gallery();
  // bash-kernel has two kernels, two-tags two tags
  await page
    .getByRole('status')
    .filter({ hasText: /^5 kernels$/ })
    .waitFor();
  const rows = page.getByRole('grid').getByRole('row');
  await rows.nth(4).waitFor();
  expect(await rows.count()).toBe(5);
  await page.getByRole('searchbox', { name: 'Search containers' }).fill('BASH python');
  await page.getByRole('status').filter({ hasText: '1 of 5 kernels' }).waitFor();
  await rows.first().click();
  const about = page.getByRole('complementary', { name: /^About Python 3\.11 · bash-kernel/ });
  await about.getByText('/opt/bash/bin/python').first().waitFor();
  expect(await about.getByText(/^sha256:[0-9a-f]{64}$/).count()).toBe(1);
  await about.getByRole('heading', { name: 'Why it is here' }).waitFor();

  await page.getByRole('searchbox').fill('nothing of this kind');
  await page.getByText('No kernel fits this search.').waitFor();
  await page.getByRole('button', { name: 'Troubles' }).click();
  const troubles = page.getByRole('complementary', { name: 'Troubles' });
  const item = troubles.getByRole('listitem').filter({ hasText: 'no-kernel' });
  expect(await item.innerText()).toMatch(/no kernel/i);
}, 60_000);

test('starts a kernel that Jupyter does not know yet, and offers and withdraws one', async () => {
  const window = await gallery();
  const { page } = window;
  const row = page.getByRole('row').filter({ hasText: 'venv-python' });
  await row.click();
  const about = page.getByRole('complementary', { name: /venv-python/ });
  const name = await world.site.kernel('venv-python');
  await about.getByRole('button', { name: 'Withdraw' }).click();
  await about.getByRole('button', { name: 'Offer in Jupyter' }).waitFor();
  expect(await specs()).not.toContain(name);

  await row.getByRole('button', { name: /^Start Python/ }).click();
  await window.choose('Small');
  await window.dialog.getByRole('button', { name: 'Start', exact: true }).click();
  await window.notebook.waitFor();
  const job = await world.queue.job('RUNNING');
  expect(await window.run('import os; print(os.environ["SLURM_JOB_ID"])')).toBe(job.id);
  expect(await specs()).toContain(name);
}, 90_000);

test('looks again: progress, and the new image is there at once, also as a tile', async () => {
  const window = await gallery();
  const { page } = window;
  await page
    .getByRole('status')
    .filter({ hasText: /^5 kernels$/ })
    .waitFor();
  await pushImages(await buildImages({ only: ['debian-python'] }), world.site.cluster.registry?.host ?? '');
  // a look may be over before anybody has asked the page for its progress
  await page.evaluate(() => {
    new MutationObserver(() => {
      if (/Stop looking|Asking the sources|of \d+ images/.test(document.body.innerText))
        document.body.dataset.lookTold = 'yes';
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
  });
  await page.getByRole('button', { name: 'Look again' }).click();
  await page
    .getByRole('status')
    .filter({ hasText: /^6 kernels$/ })
    .waitFor();
  await page
    .getByRole('status')
    .filter({ hasText: /^Looked into 6 images/ })
    .waitFor();
  expect(await page.evaluate(() => document.body.dataset.lookTold)).toBe('yes');
  await page.getByRole('row').filter({ hasText: 'debian-python' }).waitFor();
  await window.newLauncher();
  await window.tile('debian-python').waitFor();
}, 90_000);

/** Names of the kernelspecs that Jupyter lists. */
async function specs(): Promise<readonly string[]> {
  const { kernelspecs } = (await (await world.lab.fetch('api/kernelspecs')).json()) as {
    kernelspecs: object;
  };
  return Object.keys(kernelspecs);
}
