import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { wishOnRestart } from '../../../extension/src/notebook/wish-on-restart.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { kernel, SCENES } from '../stand-in/scenes.ts';
import { eventually } from '../stand-in/send-to.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
let tests: BerthOfTests;
let status: Signal<object, Kernel.Status>;
let changed: unknown[];
const live: { status: Kernel.Status } = { status: 'unknown' };
beforeEach(async () => {
  standIn = await standInUp('failing');
  tests = berthOf(standIn);
  await tests.session.store.readAll();
  status = new Signal<object, Kernel.Status>({});
  changed = [];
  live.status = 'unknown';
  // the few parts of a notebook's panel that it touches: a whole one needs a Lab
  const panel = {
    context: {
      path: 'Untitled.ipynb',
      model: { sharedModel: { metadata: {}, getMetadata: () => undefined } },
    },
    sessionContext: {
      statusChanged: status,
      session: { kernel: { id: 'k1', status: live.status } },
      changeKernel: (to: unknown) => Promise.resolve(changed.push(to)),
    },
  };
  Object.defineProperty(panel.sessionContext.session.kernel, 'status', { get: () => live.status });
  wishOnRestart(tests.berth, tests.session, panel as unknown as NotebookPanel);
});
afterEach(async () => {
  tests.down();
  await standIn.down();
});
/** As Lab does: the kernel has the status when the session says so. */
const say = (...statuses: readonly Kernel.Status[]): void => {
  for (const one of statuses) {
    live.status = one;
    status.emit(one);
  }
};
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const wishes = () => standIn.asked.filter((one) => one === 'PUT /v1/wishes').length;

test("a person's restart after the job's end is their newer word, said once", async () => {
  say('restarting', 'restarting');
  await eventually(() => wishes() > 0);
  expect(standIn.bodies.at(-1)).toEqual({
    path: 'Untitled.ipynb',
    kernel: kernel(0).name,
    resources: SCENES.failing.launches[0].resources,
  });
  expect(changed).toEqual([]);
  // after that restart another one counts again
  say('idle', 'restarting');
  await eventually(() => wishes() === 2);
});

test('of a job that was there already, whose resources nobody told, the standing wish is the word', async () => {
  const [{ resources: _, ...rest }] = SCENES.failing.launches;
  standIn.change((scene) => ({ ...scene, launches: [rest] }));
  await tests.session.store.readAll();
  say('restarting');
  await eventually(() => wishes() > 0);
  expect(standIn.bodies.at(-1)).toMatchObject({
    path: 'Untitled.ipynb',
    resources: standIn.scene.profiles.profiles[0]?.profile.resources,
  });
  expect(changed).toEqual([]);
});

test("the server's own restart is nobody's word", async () => {
  say('restarting', 'autorestarting');
  await turn();
  say('dead');
  await tests.session.client.call('status');
  expect(wishes()).toBe(0);
});

test('a kernel that runs needs no new word', async () => {
  standIn.change((scene) => ({ ...scene, launches: SCENES.one.launches }));
  await tests.session.store.readAll();
  say('restarting');
  await turn();
  await tests.session.client.call('status');
  expect(wishes()).toBe(0);
});

test('one that Lab holds for dead gets a new kernel: Lab itself would do nothing', async () => {
  live.status = 'dead';
  status.emit('restarting');
  await eventually(() => changed.length > 0);
  expect(changed).toEqual([{ name: kernel(0).name }]);
  expect(wishes()).toBe(1);
});

test('of a dead kernel nothing but a restart is a word', async () => {
  live.status = 'dead';
  for (const one of ['dead', 'unknown', 'autorestarting', 'idle'] as const) status.emit(one);
  await turn();
  await tests.session.client.call('status');
  expect([changed, wishes()]).toEqual([[], 0]);
});

test('a word that comes when Jupyter has given up is followed by a start, and only by one', async () => {
  say('restarting');
  await turn();
  // refused, and given up, before the word is there
  say('autorestarting', 'dead');
  await eventually(() => changed.length > 0);
  say('dead');
  await tests.session.client.call('status');
  expect(changed).toEqual([{ name: kernel(0).name }]);
});

test('nor does it matter when Jupyter gives up only after the word', async () => {
  say('restarting');
  await eventually(() => wishes() > 0);
  await tests.session.client.call('status');
  expect(changed).toEqual([]);
  say('restarting', 'autorestarting', 'dead');
  await eventually(() => changed.length > 0);
  expect(changed).toEqual([{ name: kernel(0).name }]);
});

test('what the word has started and has ended again is not started by itself', async () => {
  say('restarting');
  await eventually(() => wishes() > 0);
  const [{ id: _, ...ended }] = SCENES.failing.launches;
  const began = new Date(Date.now() + 1000).toISOString();
  const next = { ...ended, id: '00000000000000b2', began };
  standIn.change((scene) => ({ ...scene, launches: [...scene.launches, next] }));
  await tests.session.store.readAll();
  say('restarting', 'autorestarting', 'dead');
  await turn();
  await tests.session.client.call('status');
  expect([changed, wishes()]).toEqual([[], 1]);
});
