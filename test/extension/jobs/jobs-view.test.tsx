import { afterEach, expect, test } from '@jest/globals';
import { CommandIDs } from '../../../extension/src/command-ids.ts';
import { JobsView } from '../../../extension/src/jobs/jobs-view.tsx';
import { click, draw, type Drawn, finding, settled } from '../draw.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import type { SceneName } from '../stand-in/scenes.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
let tests: BerthOfTests;
let view: Drawn;
afterEach(async () => {
  await view.end();
  tests.down();
  await standIn.down();
});

async function open(scene: SceneName): Promise<void> {
  standIn = await standInUp(scene);
  tests = berthOf(standIn, [CommandIDs.openOutput]);
  const { berth, session } = tests;
  session.store.events.start();
  view = await draw(<JobsView berth={berth} session={session} />);
  await settled(() => session.store.jobs !== undefined && standIn.events.listeners === 1);
}
const cards = () => [...view.node.querySelectorAll<HTMLElement>('[data-batch]')];
const texts = () => cards().map(({ textContent }) => textContent ?? '');

test('each job: how it stands, how long, how far, and why it waits', async () => {
  await open('many');
  await settled(() => cards().length === 4);
  const [running = '', sweep = '', waiting = ''] = texts();
  expect(running).toMatch(/train\.ipynbrunningJob 4301 · .* · node-17 · 10 min · cell 5 of 12/);
  expect(running).toContain('4 CPUs, 16 GB, 4 h');
  expect(sweep).toContain('sweep.csv: 3 completed, 1 failed, 1 running');
  expect(waiting).toContain('other jobs are before it (Priority)');
  expect(view.node.querySelector('progress')?.getAttribute('value')).toBe('5');
});

test('of a sweep the run that failed is told with its parameters and its error; the others are folded', async () => {
  await open('many');
  await settled(() => cards().length === 4);
  const wrong = view.one('list', 'Runs that went wrong');
  expect(wrong.textContent).toContain('Run 2: alpha=0, seed=3');
  expect(wrong.textContent).toContain('ZeroDivisionError: division by zero (cell [4])');
  expect(standIn.asked.filter((one) => one === 'GET /v1/jobs/0000000000000002')).toEqual([]);
  const folded = view.node.querySelector('details');
  await click(folded?.querySelector('summary') as HTMLElement);
  await settled(() => view.one('list', 'All runs').children.length === 5);
  expect(view.one('list', 'All runs').textContent).toContain('Run 4: alpha=0.4, seed=3');
});

test('an output is opened by its run', async () => {
  await open('many');
  await settled(() => cards().length === 4);
  await click(view.all('button', 'Open output')[1] as HTMLElement);
  expect(tests.ran).toEqual([[CommandIDs.openOutput, { path: 'BerthJobs:0000000000000002/2/fit 2.ipynb' }]]);
});

test('cancelled only after a second word', async () => {
  await open('many');
  await settled(() => cards().length === 4);
  const page = finding(document.body);
  const cancelled = () => standIn.asked.filter((one) => one.startsWith('DELETE'));
  await click(view.one('button', 'Cancel the job of train.ipynb'));
  await settled(() => page.all('button', 'Cancel the job').length === 1);
  await click(page.one('button', 'Keep it'));
  expect(cancelled()).toEqual([]);
  await click(view.one('button', 'Cancel the job of train.ipynb'));
  await settled(() => page.all('button', 'Cancel the job').length === 1);
  await click(page.one('button', 'Cancel the job'));
  await settled(() => texts()[0]?.includes('cancelled') === true);
  expect(cancelled()).toEqual(['DELETE /v1/jobs/0000000000000001']);
});

test('one run of a sweep is cancelled after a second word, and the others go on', async () => {
  await open('many');
  await settled(() => cards().length === 4);
  await click(view.node.querySelector('summary') as HTMLElement);
  await settled(() => view.one('list', 'All runs').children.length === 5);
  await click(view.one('button', 'Cancel run 4'));
  const page = finding(document.body);
  await settled(() => page.all('button', 'Cancel the run').length === 1);
  await click(page.one('button', 'Cancel the run'));
  await settled(() => standIn.asked.includes('DELETE /v1/jobs/0000000000000002/elements/4'));
  // what is over has nothing to cancel
  expect(view.all('button', 'Cancel run 0')).toEqual([]);
});

test('one that is over is removed after a second word', async () => {
  await open('many');
  await settled(() => cards().length === 4);
  const page = finding(document.body);
  expect(view.all('button', 'Remove the job of train.ipynb')).toEqual([]);
  await click(view.one('button', 'Remove the job of plot.ipynb'));
  await settled(() => page.all('button', 'Remove the job').length === 1);
  await click(page.one('button', 'Remove the job'));
  await settled(() => cards().length === 3);
  expect(standIn.asked).toContain('DELETE /v1/jobs/0000000000000004/files');
});

test('submitted again it is a job of its own, with a new id', async () => {
  await open('many');
  await settled(() => cards().length === 4);
  await click(view.all('button', 'Submit again')[0] as HTMLElement);
  await settled(() => cards().length === 5);
  const put = standIn.asked.filter((one) => one.startsWith('PUT /v1/jobs/'));
  expect(put).toEqual([expect.stringMatching(/^PUT \/v1\/jobs\/[a-f0-9]{16}$/)]);
});

test('without any it says how one comes here', async () => {
  await open('empty');
  expect(view.node.textContent).toContain('Run as a Job…');
});
