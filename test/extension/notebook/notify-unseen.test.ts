import { Notification } from '@jupyterlab/apputils';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Launch } from '@berth/schema';
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
  context: { path: 'Untitled.ipynb' },
  sessionContext: {},
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
  expect(told()).toEqual(['Untitled.ipynb: The job 4211 reached its time limit of 60 minutes.']);
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
  expect(told()).toEqual(['console-1 wants a job: 1 CPU, 2 GB, 60 min']);
  const [start] = Notification.manager.notifications[0]?.options.actions ?? [];
  expect(start?.label).toBe('Start');
  start?.callback(new MouseEvent('click'));
  await eventually(() => standIn.asked.some((one) => one.startsWith('POST')));
  expect(standIn.bodies.at(-1)).toEqual({ start: true, resources: small });
  await eventually(() => told().length === 0);
});

test('an orderly end is nothing to tell', async () => {
  await tell(ready);
  await tell({ state: 'ended', outcome: { kind: 'exited', sentence: 'It ended.', status: 0, at: '' } });
  expect(told()).toEqual([]);
});
