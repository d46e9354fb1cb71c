/** JupyterLab with Berth in it against the same Lab without: the launcher, the gallery of 1,000 kernels, the bundle. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from '@playwright/test';
import { openBrowser } from '../browser/lab-page.ts';
import { labPair, type LabPair } from './lab-pair.ts';
import { filtered, inWindow, labOpen, launcherShown, opened } from './lab-page-times.ts';
import { paired, result, spread, type Report, type Result } from './paired.ts';

const ROUNDS = 7;
const FEW = 30;
const MANY = 1_000;
/** kB and milliseconds */
const BARS = { bundle: 120, filter: 50 };
const WORDS = ['model-97', '2026.3', 'python 42', 'climate 8'];

const NOTES = [
  'a real registry, catalogue and user server; the kernels are made up, small and all different, and are not run; their kernelspecs have the logos of ipykernel',
  'launcher-30: from navigation with an empty browser cache until 30 kernels are shown; both Labs have the same 30 kernelspecs',
  `panel-1000: in a Lab that is open, from the command to the first row or card painted; Lab's own launcher has ${MANY} kernelspecs, Berth's Lab those that it writes by itself, and the gallery all ${MANY}; -again: opened a second time in the same page`,
  'panel-filter and bundle have no baseline that does the same: it is the bar, and the ratio is the WORST round over it',
];

export async function bench(): Promise<Report> {
  const browser = await openBrowser();
  try {
    const launcher = await withPair(labPair(FEW, true), (pair) => launchers(browser, pair));
    const panels = await withPair(labPair(MANY, false), (pair) => panel(browser, pair));
    return { n: ROUNDS, results: [launcher, ...panels, await bundle()], notes: NOTES };
  } finally {
    await browser.close();
  }
}

async function withPair<T>(made: Promise<LabPair>, work: (pair: LabPair) => Promise<T>): Promise<T> {
  const pair = await made;
  try {
    return await work(pair);
  } finally {
    await pair.down();
  }
}

async function launchers(browser: Browser, { ours, baseline }: LabPair): Promise<Result> {
  const shown = (lab: LabPair['ours']) => () => inWindow(browser, (page) => launcherShown(page, lab, FEW));
  // files come from disk the first time
  await shown(ours)();
  await shown(baseline)();
  const times = await paired(ROUNDS, shown(ours), shown(baseline));
  return result('launcher-30', 's', times.ours, times.baseline);
}

interface Opened {
  readonly first: number;
  readonly again: number;
  /** milliseconds of each key; none of the baseline, which has no search */
  readonly keys: readonly number[];
}

async function panel(browser: Browser, { ours, baseline }: LabPair): Promise<readonly Result[]> {
  const gallery = (): Promise<Opened> =>
    inWindow(browser, async (page) => {
      await launcherShown(page, ours, 0);
      await labOpen(page);
      const open = () => opened(page, 'jupyter-berth:open-gallery', '.jp-Berth-row');
      const first = await open();
      await page
        .locator('.jp-Berth-count')
        .filter({ hasText: `${MANY} kernels` })
        .waitFor();
      const keys = await filtered(page, WORDS);
      await page.locator('.jp-Berth-gallery input[type="search"]').fill('');
      await page.locator('.lm-TabBar-tab.lm-mod-current .lm-TabBar-tabCloseIcon').first().click();
      await page.locator('.jp-Berth-gallery').waitFor({ state: 'detached' });
      return { first, again: await open(), keys };
    });
  const launcher = (): Promise<Opened> =>
    inWindow(browser, async (page) => {
      await launcherShown(page, baseline, MANY);
      await labOpen(page);
      const open = () => opened(page, 'launcher:create', '.jp-LauncherCard');
      return { first: await open(), again: await open(), keys: [] };
    });
  await gallery();
  await launcher();
  const times = await paired(ROUNDS, gallery, launcher);
  const [our, base] = [times.ours, times.baseline];
  const p95 = our.map(({ keys }) => keys.toSorted((a, b) => a - b)[Math.ceil(keys.length * 0.95) - 1] ?? NaN);
  return [
    result(
      'panel-1000',
      's',
      our.map(({ first }) => first),
      base.map(({ first }) => first),
    ),
    result(
      'panel-1000-again',
      's',
      our.map(({ again }) => again),
      base.map(({ again }) => again),
    ),
    absolute('panel-filter', 'ms', p95, BARS.filter),
  ];
}

/** All JavaScript of the extension as JupyterLab is given it, each file packed by itself. */
async function bundle(): Promise<Result> {
  const directory = join(import.meta.dirname, '../../extension/jupyter_berth/labextension/static');
  const names = (await readdir(directory)).filter((name) => name.endsWith('.js'));
  const files = await Promise.all(names.map((name) => readFile(join(directory, name))));
  const bytes = files.map((file) => gzipSync(file).length).reduce((sum, one) => sum + one, 0);
  return absolute('bundle', 'kB gzipped', [bytes / 1000], BARS.bundle);
}

function absolute(name: string, unit: string, values: readonly number[], bar: number): Result {
  const ours = spread(values);
  const baseline = { median: bar, min: bar, max: bar };
  return { case: name, ours, baseline, ratio: ours.max / bar, unit, lower_is_better: true };
}
