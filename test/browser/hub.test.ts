/** The Hub as alice and bob see it: log in by PAM, choose, wait, work in the Lab; each sees what is theirs. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from '@playwright/test';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../cluster/until.ts';
import type { ClusterUser } from '../cluster/users.ts';
import { givePassword, hubSiteUp, type HubSite } from '../live/hub-site.ts';
import { realHub, type RealHub } from '../live/real-hub.ts';
import { LabPage, openBrowser } from './lab-page.ts';

const evidence = join(import.meta.dirname, '../../reports/browser');
let site: HubSite;
let hub: RealHub;
let browser: Browser;
/** what a notebook without a name becomes in a home; those of others stay */
const untitled = async ({ home }: ClusterUser): Promise<readonly string[]> =>
  (await readdir(home)).filter((name) => /^Untitled\d*\.ipynb$/.test(name));
let before: readonly string[] = [];
const passwords = new Map<string, Awaited<ReturnType<typeof givePassword>>>();
beforeAll(async () => {
  site = await hubSiteUp({ nodes: 1, images: ['venv-python', 'bash-kernel'], project: ['bash-kernel'] });
  [browser, hub] = await Promise.all([
    openBrowser(),
    realHub(site, { extra: 'c.Spawner.args = ["--LabApp.expose_app_in_browser=True"]' }),
  ]);
  before = await untitled(site.alice);
  for (const user of [site.alice, site.bob]) passwords.set(user.name, await givePassword(user));
  // the service looks into the images by itself
  const published = async (): Promise<boolean> =>
    readFile(join(site.shared, 'project/catalog.json')).then(
      () => true,
      () => false,
    );
  if (!(await until(published, 60_000, 200))) throw new Error(`nothing is published\n${hub.log}`);
}, 280_000);
afterEach(async () => {
  for (const user of [site.alice, site.bob])
    await hub.api(`/users/${user.name}/server`, { method: 'DELETE' });
  await site.sweep();
  expect(await until(async () => (await site.jobs()).length === 0, 20_000, 200)).toBe(true);
});
afterAll(async () => {
  await browser?.close();
  await hub?.down();
  for (const one of passwords.values()) await one.lock();
  if (site !== undefined)
    for (const name of await untitled(site.alice))
      if (!before.includes(name)) await rm(join(site.alice.home, name));
  for (const user of [site?.alice, site?.bob])
    if (user !== undefined)
      await rm(join(user.home, '.cache/berth-hub-test'), { recursive: true, force: true });
  await site?.down();
}, 60_000);

async function logIn({ name }: ClusterUser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(`${hub.url}hub/login?next=%2Fhub%2Fspawn`);
  await page.locator('#username_input').fill(name);
  await page.locator('#password_input').fill(passwords.get(name)?.password ?? '');
  await page.locator('#login_submit').click();
  await page.locator('#spawn_form').waitFor();
  return page;
}

async function shown(page: Page, name: string): Promise<void> {
  await mkdir(evidence, { recursive: true });
  await page.screenshot({ path: join(evidence, `hub-${name}.png`) });
}

/** As the Hub leads there; then a workspace in which nothing is open: her home keeps those of other tests. */
async function labOf(page: Page, { name }: ClusterUser): Promise<LabPage> {
  await page.locator('.jp-LabShell').waitFor({ timeout: 90_000 });
  const url = `${hub.url}user/${name}/`;
  await page.goto(`${url}lab/workspaces/hub?reset`);
  await page.locator('.jp-LabShell').waitFor();
  await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
  return new LabPage(page, { url, token: '' });
}

test('alice: the form, the progress, the Lab with tiles, a notebook in the image she chose', async () => {
  const page = await logIn(site.alice);
  try {
    await page.getByText('Free now: 8 of 8 CPUs are idle.').first().waitFor();
    await page.getByRole('radio', { name: /Large/ }).check();
    const choice = page.getByLabel('New notebooks and terminals open in');
    expect(await choice.locator('option').allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringMatching(/venv-python/), expect.stringMatching(/bash-kernel/)]),
    );
    const value = await choice.locator('option', { hasText: 'venv-python' }).first().getAttribute('value');
    await choice.selectOption(value ?? '');
    await shown(page, 'form');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.locator('#progress-message', { hasText: /Job \d+/ }).waitFor();
    await shown(page, 'progress');
    const [job] = await site.jobs();
    const { stdout } = await site.as(site.alice, ['squeue', '-h', '--me', '-o', '%C %m %l']);
    expect(stdout.trim()).toBe('4 2G 1:00:00');
    const lab = await labOf(page, site.alice);
    await lab.tile(/venv-python/).waitFor({ timeout: 60_000 });
    expect(await lab.tile(/bash-kernel/).count()).toBeGreaterThan(0);
    await shown(page, 'lab');
    // Jupyter's default kernel is the one that she chose
    const specs = (await (
      await page.request.get(`${hub.url}user/${site.alice.name}/api/kernelspecs`)
    ).json()) as object;
    expect(specs).toMatchObject({ default: value });
    // nobody is asked: it is the kernel that she chose
    await lab.command('notebook:create-new');
    await lab.notebook.waitFor();
    expect(await lab.run('import os, sys; print(os.environ["SLURM_JOB_ID"], sys.prefix)', 90_000)).toMatch(
      new RegExp(`^${job?.split(' ')[0]} /opt/`),
    );
    await lab.status.getByText(/^Job \d+ · b\d+n\d · (?:1 h|5\d min)/).waitFor();
    await lab.status.click();
    const card = page.getByRole('listitem', { name: `Job ${job?.split(' ')[0]}`, exact: true });
    await card.getByText('This JupyterLab runs in it.').waitFor();
    expect(await card.getByRole('button', { name: /^End/ }).count()).toBe(0);
    await shown(page, 'notebook');
    // a tile asks for no resources: all of it is in that job
    const first = (await lab.notebook.getAttribute('id')) ?? '';
    await page.getByRole('tab', { name: 'Launcher' }).click();
    await lab
      .tile(/venv-python/)
      .first()
      .click();
    await page.locator(`.jp-NotebookPanel:not(.lm-mod-hidden):not([id="${first}"])`).waitFor();
    expect(await lab.run('import os; print(os.environ["SLURM_JOB_ID"])')).toBe(job?.split(' ')[0]);
    // and so is a terminal, with the allocation in it
    const said = join(site.alice.home, 'hub-terminal');
    await rm(said, { force: true });
    await lab.command('terminal:create-new');
    await page.locator('.jp-Terminal .xterm-helper-textarea').focus();
    await page.keyboard.type('ls -d /run/berth /opt/*; squeue --me -h -o %A | tee hub-terminal\n');
    const inside = async (): Promise<string> => (await readFile(said, 'utf8').catch(() => '')).trim();
    expect(await until(async () => (await inside()) === job?.split(' ')[0], 30_000, 200)).toBe(true);
    await shown(page, 'terminal');
    await rm(said);
  } catch (error) {
    await shown(page, 'failed');
    await writeFile(join(evidence, 'hub.log'), hub.log);
    throw error;
  } finally {
    await page.context().close();
  }
}, 260_000);

test("bob sees nothing of alice's project: not in the form, not in his Lab, not on disk, and cannot ask for it", async () => {
  const page = await logIn(site.bob);
  try {
    const options = await page
      .getByLabel('New notebooks and terminals open in')
      .locator('option')
      .allInnerTexts();
    expect(options.join()).toContain('venv-python');
    expect(options.join()).not.toContain('bash-kernel');
    const alices = await site.as(site.alice, ['cat', join(site.shared, 'project/catalog.json')]);
    expect(alices.stdout).toContain('bash-kernel');
    for (const path of ['project/catalog.json', 'project']) {
      const { status } = await site.as(site.bob, ['ls', join(site.shared, path)]);
      expect(status).not.toBe(0);
    }
    await page.getByRole('button', { name: 'Start' }).click();
    const lab = await labOf(page, site.bob);
    await lab.tile(/venv-python/).waitFor({ timeout: 60_000 });
    expect(await lab.tile(/bash-kernel/).count()).toBe(0);
    // a fault above it closes all of it to him: that is not taken for a source that is not his, and nothing of his is removed
    const specs = join(site.bob.home, '.local/share/jupyter/kernels');
    const before = (await site.as(site.bob, ['ls', specs])).stdout;
    expect(before).toContain('venv-python');
    await chmod(site.shared, 0o700);
    try {
      await site.as(site.bob, [site.berth, 'kernels', 'sync']);
      expect((await site.as(site.bob, ['ls', specs])).stdout).toBe(before);
    } finally {
      await chmod(site.shared, 0o755);
    }
  } catch (error) {
    await shown(page, 'bob-failed');
    await writeFile(join(evidence, 'hub.log'), hub.log);
    throw error;
  } finally {
    await page.context().close();
  }
}, 150_000);

test("by REST bob cannot have alice's image, and the words are those of none", async () => {
  const { stdout } = await site.as(site.alice, ['ls', join(site.alice.home, '.local/share/jupyter/kernels')]);
  const name = stdout.split('\n').find((one) => one.includes('bash-kernel')) ?? '';
  expect(name).not.toBe('');
  const ask = async (image: string): Promise<string> => {
    const answer = await hub.api(`/users/${site.bob.name}/server`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ image }),
    });
    return `${answer.status} ${await answer.text()}`;
  };
  const [hers, none] = [await ask(name), await ask('project-nothing-00000000')];
  expect(hers).toMatch(/^400 /);
  expect(hers).toBe(none);
  expect(await site.jobs()).toEqual([]);
}, 60_000);
