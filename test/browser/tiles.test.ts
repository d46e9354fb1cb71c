import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { LabPage } from './lab-page.ts';
import { worldUp, type LabWorld } from './lab-world.ts';

let world: LabWorld;
beforeAll(async () => {
  world = await worldUp({ images: ['venv-python', 'two-tags', 'bash-kernel'] });
}, 180_000);
afterAll(() => world?.down(), 60_000);
afterEach(() => world?.clear());

describe('the launcher', () => {
  test('shows each found kernel once: language, image and tag, logo', async () => {
    const window = await opened();
    const { section } = window;
    expect(await section.locator('.jp-Launcher-sectionTitle').innerText()).toBe('Containers');
    const labels = await section.locator('.jp-LauncherCard-label').allInnerTexts();
    const texts = labels.map((label) => label.replace(/\s+/g, ' ').trim());
    // two-tags has two tags of one digest, bash-kernel two kernels
    expect(texts.filter((text) => text.includes('two-tags'))).toHaveLength(1);
    expect(texts.filter((text) => text.includes('venv-python'))).toHaveLength(1);
    expect(texts.filter((text) => text.includes('bash-kernel'))).toHaveLength(2);
    expect(texts).toContain('Python 3.11 venv-python'); // its one tag is `latest`, which says nothing
    expect(texts).toContain('Python 3.11 two-tags 3.1');
    expect(texts).toContain('Bash bash-kernel');
    expect(texts.some((text) => text.startsWith('All containers'))).toBe(true);
    const caption = await window.tile(/two-tags/).getAttribute('title');
    expect(caption).toMatch(/tests\/two-tags:3\.1 · python$/);
    for (const card of await window.tile(/./).all()) {
      const drawn = await card.locator('svg, img').first().boundingBox();
      expect(drawn?.width).toBeGreaterThan(10);
    }
    // ipykernel's own, out of the image; bash_kernel has some of its own too
    const kernel = await world.site.kernel('venv-python');
    const logo = window.tile(/venv-python/).locator('img');
    expect(await logo.getAttribute('src')).toBe(
      `${new URL(world.lab.url).pathname}kernelspecs/${kernel}/logo-svg.svg`,
    );
    expect(await logo.evaluate(loaded)).toBeGreaterThan(0);
    expect(window.problems.take()).toEqual([]);
  });

  test('keeps them out of the section Notebook, and in Console, which has no other tile for them', async () => {
    const { page } = await opened();
    const section = async (title: string): Promise<string> => {
      const heading = page.getByRole('heading', { name: title, exact: true });
      return page.locator('.jp-Launcher-section').filter({ has: heading }).innerText();
    };
    expect(await section('Notebook')).toContain('Python 3');
    expect(await section('Notebook')).not.toContain('venv-python');
    expect(await section('Console')).toContain('venv-python');
  });
});

test('a click opens a notebook whose cells run in a job on a node', async () => {
  const window = await world.open();
  await window.startFromTile(/venv-python/, { 'Time limit': '9' });
  const job = await world.queue.job('RUNNING', 40_000);
  expect(await window.run('import os; print(os.environ["SLURM_JOB_ID"])')).toBe(job.id);
  expect(await window.run('import os; print(os.environ["SLURMD_NODENAME"])')).toBe(job.nodes);
  // private in Lab, and relied upon where a job has ended: see notebook/no-false-restart.ts
  expect(
    await window.page.evaluate(() => {
      // the Lab's page is another realm, no type crosses over
      const { jupyterapp } = globalThis as unknown as {
        jupyterapp: { shell: { currentWidget: { _autorestarting?: unknown } } };
      };
      return jupyterapp.shell.currentWidget._autorestarting;
    }),
  ).toBe(false);
  const status = window.status;
  await status.filter({ hasText: job.id }).waitFor();
  await status.filter({ hasText: / left/ }).waitFor({ timeout: 15_000 });
  expect(await status.innerText()).toMatch(new RegExp(`Job ${job.id} · ${job.nodes} · only \\d min .*left`));
  // it counts
  const before = await status.innerText();
  await status.filter({ hasNotText: before }).waitFor({ timeout: 20_000 });
  expect(await window.banner.count()).toBe(0);
}, 90_000);

/** Pixels of a picture, once it is there; 0 for one that is none. In the page. */
async function loaded(node: Element): Promise<number> {
  const picture = node as HTMLImageElement;
  await picture.decode().catch(() => undefined);
  return picture.naturalWidth;
}

async function opened(): Promise<LabPage> {
  const window = await world.open();
  await window.section.waitFor();
  await window.tile(/venv-python/).waitFor();
  return window;
}
