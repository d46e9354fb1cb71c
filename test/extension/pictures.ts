/**
 * Takes a picture of every view in every scene, light and dark: `node --conditions=berth-source test/extension/pictures.ts
 * LAB_URL DIRECTORY [SCENE...]`. LAB_URL is of a JupyterLab with the extension, with its token; what Berth's server would
 * say comes from the stand-in.
 */
import { chromium, type Page } from '@playwright/test';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type SceneName, SCENES } from './stand-in/scenes.ts';
import { type StandIn, standInUp } from './stand-in/stand-in.ts';

const [url = '', directory = '.', ...names] = process.argv.slice(2);
const scenes = (names.length > 0 ? names : Object.keys(SCENES)) as SceneName[];
await mkdir(directory, { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

for (const scene of scenes) {
  for (const theme of ['Light', 'Dark'] as const) {
    const standIn = await standInUp(scene);
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on('pageerror', (error) => console.error(`${scene} ${theme}: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') console.error(`${scene} ${theme}: ${message.text()}`);
    });
    await page.route('**/berth/{v1,metrics}/**', async (route) => {
      const { pathname, search } = new URL(route.request().url());
      await route.continue({ url: standIn.url + pathname.replace(/^.*\/berth(?=\/)/, '') + search });
    });
    await pictures(page, standIn, scene, theme);
    await page.close();
    await standIn.down();
  }
}
await browser.close();

async function pictures(
  page: Page,
  standIn: StandIn,
  scene: SceneName,
  theme: 'Light' | 'Dark',
): Promise<void> {
  const shot = async (view: string): Promise<void> => {
    await page.screenshot({ path: join(directory, `${scene}-${view}-${theme.toLowerCase()}.png`) });
  };
  const run = (id: string, args: Readonly<Record<string, string>> = {}, waits = true): Promise<void> =>
    page.evaluate(
      async ([command, more, toItsEnd]) => {
        const { jupyterapp } = globalThis as unknown as {
          jupyterapp: { commands: { execute(id: string, args: object): Promise<unknown> } };
        };
        const done = jupyterapp.commands.execute(command, more);
        if (toItsEnd) await done;
      },
      [id, args, waits] as const,
    );
  // without the tabs of the picture before
  await page.goto(`${url}&reset`);
  await page.waitForSelector('.jp-Launcher');
  await run('apputils:change-theme', { theme: `JupyterLab ${theme}` });
  await page.getByText('All containers…').first().waitFor();
  await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
  await shot('launcher');

  await run('jupyter-berth:open-gallery');
  await page.getByRole('search').waitFor();
  await page.getByRole('grid').or(page.locator('.jp-Berth-empty')).first().waitFor();
  if (scene !== 'empty') {
    await page.getByRole('grid').focus();
    await page.getByText('Why it is here').waitFor();
  }
  await shot('gallery');
  if (scene === 'many') {
    await page.getByLabel('Search containers').fill('python ocean');
    await page.getByText(/ of 1000 kernels/).waitFor();
    await page.getByRole('button', { name: 'Troubles' }).click();
    await page.getByText('Why is my image not here?').waitFor();
    await shot('gallery-troubles');
  }

  await run('jupyter-berth:show-allocations');
  await page.getByRole('heading', { name: 'Jobs of your kernels' }).waitFor();
  await shot('jobs');
  if (scene === 'failing') {
    const last = page.getByRole('listitem', { name: 'Job of completed.ipynb' });
    await last.scrollIntoViewIfNeeded();
    await shot('submitted');
  }

  await run('docmanager:open', { path: 'Untitled.ipynb' });
  await page.locator('.jp-Notebook').waitFor();
  isOf(standIn, await kernelIn(page));
  if (['waiting', 'asking', 'failing'].includes(scene)) await page.getByTestId('berth-banner').waitFor();
  await page.getByText(/\| (Idle|Unknown|Connecting|Busy)/).waitFor();
  await shot('notebook');

  if (scene === 'asking') {
    await page.getByRole('button', { name: 'Choose…' }).click();
    await page.getByText('What the kernel gets').waitFor();
    await shot('choice');
    await page.getByRole('radio', { name: 'Custom' }).click();
    await page.getByRole('textbox', { name: 'Memory' }).fill('lots');
    await page.getByRole('textbox', { name: 'CPUs' }).fill('0');
    await page.getByRole('button', { name: 'Start', exact: true }).last().click();
    await shot('choice-custom');
  }
  if (scene === 'waiting') {
    await run('jupyter-berth:choose-resources', {}, false);
    await page.getByRole('radio', { name: 'Custom' }).click();
    await page.getByRole('textbox', { name: 'Time limit' }).fill('4:00');
    await shot('choice-for-next');
    await page.getByRole('button', { name: 'Cancel', exact: true }).last().click();
    await page.getByTestId('berth-banner').getByRole('button', { name: 'Log' }).click();
    await page.getByRole('log').waitFor();
    await shot('log');
  }
  if (scene === 'one') {
    await page.getByRole('button', { name: /End job/ }).click();
    await page.getByRole('dialog').waitFor();
    await shot('end-job');
  }
  if (scene === 'many') await picturesOfJobs(page, run, shot);
}

/** Jupyter's id of the kernel that the notebook in front has: a real one, on this machine. */
async function kernelIn(page: Page): Promise<string> {
  const id = await page.waitForFunction(() => {
    const { jupyterapp } = globalThis as unknown as {
      jupyterapp: {
        shell: { currentWidget?: { sessionContext?: { session?: { kernel?: { id: string } } } } };
      };
    };
    return jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.id;
  });
  return (await id.jsonValue()) ?? '';
}

/** What is told in the scene is told of that kernel: of others its notebook says nothing. */
function isOf(standIn: StandIn, kernelId: string): void {
  const launches = standIn.scene.launches.map((story) => ({ ...story, kernelId }));
  standIn.change((scene) => ({ ...scene, launches }));
  for (const value of launches) standIn.events.emit({ type: 'launch', value });
}

/** Notebooks as batch jobs: the panel with a sweep unfolded, an output, a log, and the question before one is submitted. */
async function picturesOfJobs(
  page: Page,
  run: (id: string, args?: Readonly<Record<string, string>>) => Promise<void>,
  shot: (view: string) => Promise<void>,
): Promise<void> {
  const section = page.getByRole('region', { name: 'Submitted notebooks' });
  await section.getByText('All 5 runs').click();
  await section.getByText('Run 4:').waitFor();
  await section.getByRole('heading').scrollIntoViewIfNeeded();
  await section.getByRole('listitem', { name: 'Job of fit.ipynb' }).scrollIntoViewIfNeeded();
  await shot('submitted');
  for (const [button, view] of [
    ['Cancel the job of train.ipynb', 'cancel-job'],
    ['Cancel run 4', 'cancel-run'],
    ['Remove the job of plot.ipynb', 'remove-job'],
  ] as const) {
    await section.getByRole('button', { name: button }).first().click();
    await page.getByRole('dialog').waitFor();
    await shot(view);
    await page.getByRole('button', { name: 'Keep it' }).click();
  }
  await section.getByRole('button', { name: 'Open output' }).first().click();
  await page.locator('.jp-NotebookPanel:not(.lm-mod-hidden)').waitFor();
  await section.getByRole('button', { name: 'Log' }).first().click();
  await page.getByRole('log').getByText('Executing Cell 1').waitFor();
  await shot('submitted-output-and-log');
  await run('docmanager:open', { path: 'Untitled.ipynb' });
  // the output was in front, which is no notebook to run
  await page.getByRole('tab', { name: 'Untitled.ipynb' }).first().click();
  const front = page.locator('.jp-NotebookPanel:not(.lm-mod-hidden)');
  await front.getByRole('button', { name: 'Run this notebook as a job' }).last().click();
  await page.getByRole('button', { name: 'Submit', exact: true }).waitFor();
  await shot('run-as-job');
  await page.getByRole('dialog').getByLabel('Parameters').fill('alpha = 0.1\nlabel: first');
  await page.getByRole('dialog').getByLabel('Kernel').selectOption({ index: 1 });
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await page.getByText('write NAME = VALUE').waitFor();
  await shot('run-as-job-problem');
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
}
