import { afterEach, expect, test } from '@jest/globals';
import { AllocationsView } from '../../../extension/src/allocations/allocations-view.tsx';
import { CommandIDs } from '../../../extension/src/command-ids.ts';
import { click, draw, type Drawn, finding, settled } from '../draw.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { SCENES, type SceneName } from '../stand-in/scenes.ts';
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
  tests = berthOf(standIn, [CommandIDs.openGallery, 'docmanager:open']);
  const { berth, session } = tests;
  session.store.events.start();
  view = await draw(<AllocationsView berth={berth} session={session} />);
  await settled(() => session.store.allocations !== undefined && standIn.events.listeners === 1);
  await settled(() => view.all('button').length > 0);
}
const jobs = () => [...view.node.querySelectorAll('[data-job]')].map(({ textContent }) => textContent ?? '');

test('each job: what it holds, how long, why it waits, who is on it', async () => {
  await open('many');
  const [first = '', second = '', third = ''] = jobs();
  expect(first).toMatch(
    /Job 4211.*running.*node-17 · 4 CPUs · 16 GB · main.*3 h 5\d min left of 4 h.*Untitled\.ipynb/,
  );
  expect(second).toMatch(/64 GB · 2 GPU \(a100\).*6 min \d+ s left.*fit of 2026\.ipynb.*Julia/);
  expect(third).toMatch(/waiting.*waiting for free resources.*Expected to start at/);
  expect(view.node.querySelectorAll('.jp-Berth-timeLeft.jp-mod-warn')).toHaveLength(1);
});

test('a kernel opens its notebook', async () => {
  await open('many');
  await click(view.one('button', 'models/fit of 2026.ipynb'));
  expect(tests.ran).toEqual([['docmanager:open', { path: 'models/fit of 2026.ipynb' }]]);
});

test('the job that JupyterLab runs in is named as that, and has no button to end it', async () => {
  await open('one');
  const allocations = SCENES.one.allocations.map((one) => ({ ...one, own: true }));
  standIn.change((scene) => ({ ...scene, allocations }));
  standIn.events.emit({ type: 'allocations', value: { allocations } });
  await settled(() => jobs()[0]?.includes('This JupyterLab runs in it.') ?? false);
  expect(view.all('button', 'End job 4211')).toEqual([]);
});

test('ends a job only after a second word', async () => {
  await open('one');
  const page = finding(document.body);
  const ended = () => standIn.asked.filter((one) => one.startsWith('DELETE /v1/allocations'));
  await click(view.one('button', 'End job 4211'));
  await settled(() => page.all('button', 'End the job').length === 1);
  await click(page.one('button', 'Cancel'));
  expect(ended()).toEqual([]);
  await click(view.one('button', 'End job 4211'));
  await settled(() => page.all('button', 'End the job').length === 1);
  await click(page.one('button', 'End the job'));
  await settled(() => jobs().length === 0);
  expect(ended()).toEqual(['DELETE /v1/allocations/4211']);
});

test('says that the list is old when Slurm does not answer, and keeps it', async () => {
  await open('failing');
  expect(view.one('status', /Not up to date/).textContent).toContain('Slurm does not answer');
  expect(jobs()).toHaveLength(1);
});

test('an empty list says what would be here, and how to begin', async () => {
  await open('empty');
  expect(view.node.textContent).toContain('No job of yours runs or waits.');
  await click(view.one('button', 'All containers…'));
  expect(tests.ran).toEqual([[CommandIDs.openGallery, {}]]);
});

/** The scene with the jobs of these numbers left. */
async function onlyLeft(...ids: readonly string[]): Promise<void> {
  const allocations = standIn.scene.allocations.filter(({ allocation }) => ids.includes(allocation.jobId));
  standIn.change((scene) => ({ ...scene, allocations }));
  standIn.events.emit({ type: 'allocations', value: { allocations } });
  await settled(() => jobs().length === ids.length);
}
const focused = () => document.activeElement?.getAttribute('data-job') ?? document.activeElement?.textContent;

test('a job that has ended hands the focus on: to the next one, and at last to the heading', async () => {
  await open('many');
  view.one('button', 'End job 4212').focus();
  await onlyLeft('4211', '4230', '4190');
  expect(focused()).toBe('4230');
  view.one('button', 'End job 4190').focus();
  await onlyLeft('4211', '4230');
  expect(focused()).toBe('4230');
  await onlyLeft();
  expect(focused()).toBe('Jobs of your kernels');
});

test('a job that ends while the question is open leaves the focus at the heading', async () => {
  await open('one');
  const page = finding(document.body);
  const end = view.one('button', 'End job 4211');
  end.focus();
  await click(end);
  await settled(() => page.all('button', 'End the job').length === 1);
  await onlyLeft();
  await click(page.one('button', 'Cancel'));
  await settled(() => focused() === 'Jobs of your kernels');
});

test('a job that ends elsewhere takes no focus', async () => {
  await open('many');
  const link = view.one('button', 'Untitled.ipynb');
  link.focus();
  await onlyLeft('4211');
  expect(document.activeElement).toBe(link);
});
