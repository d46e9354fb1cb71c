import { Notification } from '@jupyterlab/apputils';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Launch } from '@berth/schema';
import type { LaunchStory } from '@berth/schema/rest';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { notifyUnseen } from '../../../extension/src/notebook/notify-unseen.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { jobId, SCENES, story } from '../stand-in/scenes.ts';
import { eventually } from '../stand-in/send-to.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
let tests: BerthOfTests;
let panels: { isVisible: boolean; context: object; sessionContext: object }[];
const panel = (isVisible: boolean) => ({
  isVisible,
  context: {
    path: 'Untitled.ipynb',
    model: { sharedModel: { getMetadata: () => ({ name: story(ready).kernel }) } },
  },
  sessionContext: { session: null, kernelPreference: {} },
});
const small = { cpus: 1, memory: '2G', time: '60' };
beforeEach(async () => {
  panels = [];
  standIn = await standInUp('asking');
  tests = berthOf(standIn, ['docmanager:open']);
  tests.session.store.events.start();
  await eventually(() => tests.session.store.launches.size > 0 && standIn.events.listeners === 1);
  const tracker = {
    find: (fits: (one: unknown) => boolean) => panels.find(fits),
  } as unknown as INotebookTracker;
  notifyUnseen(tests.berth, tests.session, tracker);
});
afterEach(async () => {
  Notification.dismiss();
  tests.down();
  await standIn.down();
});
const told = () => Notification.manager.notifications.map(({ message }) => message);
async function tell(launch: Launch, path = 'Untitled.ipynb'): Promise<void> {
  standIn.events.emit({ type: 'launch', value: story(launch, path) });
  await eventually(() => tests.session.store.launches.get(story(launch).id)?.launch.state === launch.state);
}
const ready: Launch = { state: 'ready', node: 'n', pid: 1, jobId: jobId(7) };
const [{ launch: timeLimit }] = SCENES.failing.launches;
const asking: Launch = { state: 'asking', resources: small };

test('a notebook that nobody sees and whose job ended is told of, and shown', async () => {
  panels = [panel(false)];
  await tell(ready);
  await tell(timeLimit);
  expect(told()).toEqual(['The job 4211 reached its time limit of 60 minutes. (Untitled.ipynb)']);
  Notification.manager.notifications[0]?.options.actions?.[0]?.callback(new MouseEvent('click'));
  expect(tests.ran).toEqual([['docmanager:open', { path: 'Untitled.ipynb' }]]);
});

test('what the person looks at says it itself, in its banner', async () => {
  panels = [panel(true)];
  await tell(ready);
  await tell(timeLimit);
  expect(told()).toEqual([]);
});

test('a kernel without a notebook asks in the notification itself; the question goes with its answer', async () => {
  await tell(ready, 'console-1');
  await tell(asking, 'console-1');
  expect(told()).toEqual(['Start a job with 1 CPU, 2 GB, 60 min? For console-1']);
  const [start] = Notification.manager.notifications[0]?.options.actions ?? [];
  expect(start?.label).toBe('Start');
  start?.callback(new MouseEvent('click'));
  await eventually(() => standIn.asked.some((one) => one.startsWith('POST')));
  expect(standIn.bodies.at(-1)).toEqual({ start: true, resources: small });
  await eventually(() => told().length === 0);
});

/** As after the server was away: all is read anew, and no event tells what happened. */
async function readAnew(...launches: readonly LaunchStory[]): Promise<void> {
  standIn.change((scene) => ({ ...scene, launches }));
  await tests.session.store.readAll();
}
const failed = (kind: 'image-failed' | 'refused'): Launch => ({
  state: 'failed',
  outcome: { kind, sentence: `It is ${kind}.`, status: 1, at: '' },
});

test('a question that was there when the page was opened is asked, and goes with its launch', async () => {
  expect(told()).toEqual(['Start a job with 1 CPU, 2 GB, 60 min? For Untitled.ipynb']);
  await readAnew();
  expect(told()).toEqual([]);
  await readAnew(story(asking));
  expect(told()).toHaveLength(1);
  standIn.events.emit({ type: 'launch-forgotten', value: { id: story(asking).id } });
  await eventually(() => told().length === 0);
});

test('an end that came while nobody told of it is told once', async () => {
  await readAnew(story(ready));
  await readAnew(story(timeLimit));
  await readAnew(story(timeLimit));
  expect(told()).toEqual(['The job 4211 reached its time limit of 60 minutes. (Untitled.ipynb)']);
});

test('tells an image that fails and a job that Slurm refuses, but not the person`s own no', async () => {
  await readAnew(story(ready, 'a/b/c.ipynb'));
  await readAnew(story(failed('image-failed'), 'a/b/c.ipynb'));
  expect(told()).toEqual(['It is image-failed. (c.ipynb)']);
  await readAnew(story(ready));
  await readAnew(story(failed('refused')));
  expect(told()).toEqual(['It is refused. (Untitled.ipynb)']);
  await readAnew(story(asking));
  await readAnew(story(failed('refused')));
  expect(told()).toEqual([]);
});

test('an end from before the page was opened is no news', async () => {
  Notification.dismiss();
  await readAnew(story(timeLimit));
  Notification.dismiss();
  notifyUnseen(tests.berth, tests.session, { find: () => undefined } as unknown as INotebookTracker);
  expect(told()).toEqual([]);
});

test('what Lab would cut off is shown whole before anybody can agree to it', async () => {
  const others = () => standIn.asked.filter((one) => one !== 'GET /v1/jobs');
  const { length } = others();
  const long = 'p'.repeat(150);
  await tell(ready, long);
  await tell(asking, long);
  const labels = Notification.manager.notifications[0]?.options.actions?.map(({ label }) => label);
  expect(labels).toEqual(['Show all…', "Don't start"]);
  Notification.manager.notifications[0]?.options.actions?.[0]?.callback(new MouseEvent('click'));
  await eventually(() => document.querySelector('.jp-Dialog') !== null);
  expect(document.querySelector('.jp-Dialog')?.textContent).toContain(long);
  document.querySelector<HTMLElement>('.jp-Dialog .jp-mod-reject')?.click();
  await eventually(() => document.querySelector('.jp-Dialog') === null);
  expect(others()).toHaveLength(length);
});

test('an orderly end is nothing to tell', async () => {
  for (const status of [0, 143]) {
    await tell(ready);
    await tell({ state: 'ended', outcome: { kind: 'exited', sentence: 'It ended.', status, at: '' } });
    expect(told()).toEqual([]);
  }
});
