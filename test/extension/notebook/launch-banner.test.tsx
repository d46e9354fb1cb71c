import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { MessageLoop } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { LaunchBanner } from '../../../extension/src/notebook/launch-banner.tsx';
import { click, finding, settled } from '../draw.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { jobId, SCENES, story } from '../stand-in/scenes.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
let tests: BerthOfTests;
let banner: LaunchBanner;
let activated: number;
beforeEach(async () => {
  activated = 0;
  standIn = await standInUp('one');
  tests = berthOf(standIn);
  await tests.session.store.readAll();
  tests.session.store.events.start();
  await settled(() => standIn.events.listeners === 1);
  const signal = () => new Signal<object, unknown>({});
  // the few parts of a notebook's panel that it touches: a whole one needs a Lab
  const panel = {
    disposed: signal(),
    content: { activate: () => (activated += 1) },
    context: {
      path: 'Untitled.ipynb',
      pathChanged: signal(),
      ready: Promise.resolve(),
      model: { sharedModel: { metadata: {}, getMetadata: () => undefined } },
    },
    sessionContext: {
      kernelChanged: signal(),
      sessionChanged: signal(),
      session: { kernel: { id: 'k1' } },
    },
  };
  // of a panel only what is used here: a real one needs Lab's whole application
  banner = new LaunchBanner(tests.berth, tests.session, panel as unknown as NotebookPanel);
  Widget.attach(banner, document.body);
  MessageLoop.flush();
});
afterEach(async () => {
  banner.dispose();
  tests.down();
  await standIn.down();
});
const tell = (launch: Parameters<typeof story>[0]): void =>
  standIn.events.emit({ type: 'launch', value: story(launch) });
const page = () => finding(banner.node);

test('is known to screen readers before it says anything, and gives the focus back to the notebook', async () => {
  await settled(() => page().all('status').length === 1);
  const said = page().one('status');
  expect([said.textContent, banner.isVisible]).toEqual(['', true]);
  tell({ state: 'queued', jobId: jobId(7), reason: 'other jobs are before it' });
  await settled(() => said.textContent === 'Job 7 waits: other jobs are before it');
  page().one('button', 'Cancel').focus();
  tell({ state: 'ready', jobId: jobId(7), node: 'n1', pid: 1 });
  await settled(() => said.textContent === '');
  expect(page().one('status')).toBe(said);
  expect(activated).toBe(1);
});

test('once closed it says nothing of that end any more', async () => {
  const [{ launch }] = SCENES.failing.launches;
  tell(launch);
  await settled(() => page().all('button', 'Close').length === 1);
  const close = page().one('button', 'Close');
  close.focus();
  await click(close);
  await settled(() => page().all('button').length === 0);
  expect(activated).toBe(1);
  tell(launch);
  await tests.session.client.call('status');
  expect(page().one('status').textContent).toBe('');
});
