import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CommandIDs } from '../../../extension/src/command-ids.ts';
import { runAsJob } from '../../../extension/src/jobs/run-as-job.ts';
import { click, finding, settled, type } from '../draw.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
let tests: BerthOfTests;
const page = finding(document.body);
beforeEach(async () => {
  standIn = await standInUp('many');
  tests = berthOf(standIn, [CommandIDs.showAllocations]);
  const metadata = {
    berth: { image: 'lab/climate:1', digest: 'sha256:1', kernel: 'python3', language: 'python' },
  };
  Object.assign(tests.specs.kernelspecs, {
    'climate-1': { name: 'climate-1', display_name: 'Python · climate', metadata },
    'ecology-1': { name: 'ecology-1', display_name: 'R · ecology', metadata },
    python3: { name: 'python3', display_name: 'Python of Lab', metadata: {} },
  });
});
afterEach(async () => {
  tests.down();
  await standIn.down();
});
const field = (name: string) => document.body.querySelector<HTMLInputElement>(`[name="berth-${name}"]`);
const asked = () => settled(() => page.all('button', 'Submit').length === 1);
const puts = () => standIn.asked.filter((one) => one.startsWith('PUT'));

test('kernel and resources are the notebook`s own; only kernels of Berth can be chosen', async () => {
  const done = runAsJob(tests.berth, { path: 'fit.ipynb', metadata: { kernelspec: { name: 'ecology-1' } } });
  await asked();
  expect(field('kernel')?.value).toBe('ecology-1');
  expect([...document.body.querySelectorAll('option')].map(({ value }) => value)).not.toContain('python3');
  await click(page.one('button', 'Submit'));
  await done;
  expect(puts()).toHaveLength(1);
  expect(tests.ran.at(-1)?.[0]).toBe(CommandIDs.showAllocations);
});

test('what is not in order is told beside the field, and nothing is submitted', async () => {
  const done = runAsJob(tests.berth, { path: 'fit.ipynb', metadata: {} });
  await asked();
  await type(field('parameters') as HTMLInputElement, 'alpha 0.1');
  await click(page.one('button', 'Submit'));
  await settled(() => page.all('alert').length === 2);
  expect(page.all('alert').map(({ textContent }) => textContent)).toEqual([
    'choose a kernel',
    'line 1: write NAME = VALUE',
  ]);
  expect(puts()).toEqual([]);
  await click(page.one('button', 'Cancel'));
  await done;
  expect(puts()).toEqual([]);
});

test('problems of resources and of parameters are told at once, and the focus goes to the first', async () => {
  const done = runAsJob(tests.berth, { path: 'fit.ipynb', metadata: { kernelspec: { name: 'ecology-1' } } });
  await asked();
  await click(page.one('radio', /^Custom/));
  await settled(() => page.all('textbox', 'Memory').length === 1);
  await type(page.one('textbox', 'Memory'), 'lots');
  await type(field('parameters') as HTMLInputElement, 'alpha 0.1');
  await click(page.one('button', 'Submit'));
  await settled(() => page.one('textbox', 'Memory').getAttribute('aria-invalid') === 'true');
  await settled(() => page.all('alert').length === 2);
  expect(document.activeElement).toBe(page.one('textbox', 'Memory'));
  await click(page.one('button', 'Cancel'));
  await done;
});
