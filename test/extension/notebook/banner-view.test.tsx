import { afterEach, expect, test } from '@jest/globals';
import type { Launch } from '@berth/schema';
import { nullTranslator } from '@jupyterlab/translation';
import { BerthClient } from '../../../extension/src/client/client.ts';
import { Ticker } from '../../../extension/src/model/ticker.ts';
import { BannerView } from '../../../extension/src/notebook/banner-view.tsx';
import type { Session } from '../../../extension/src/session.ts';
import { click, draw, type Drawn } from '../draw.ts';
import { jobId, story } from '../stand-in/scenes.ts';

const trans = nullTranslator.load('jupyter_berth');
const small = { cpus: 1, memory: '2G', time: '60' };
let view: Drawn;
let done: unknown[][];
afterEach(() => view.end());

async function show(
  launch: Launch,
  metadata: unknown = {},
  work = (): Promise<void> => Promise.resolve(),
): Promise<void> {
  done = [];
  const client = new BerthClient(() => Promise.reject(new Error('asks nothing')));
  view = await draw(
    <BannerView
      story={story(launch)}
      panel={{ context: { model: { sharedModel: { metadata } } } } as never}
      session={{ client, ticker: new Ticker() } as Session}
      trans={trans}
      onAction={(...args) => {
        done.push(args);
        return work();
      }}
      onClose={() => done.push(['close'])}
      onSize={() => undefined}
    />,
  );
}
const labels = () => view.all('button').map((one) => one.textContent || one.getAttribute('aria-label'));

test('a notebook that asks: what it wants, and three answers', async () => {
  await show({ state: 'asking', resources: small });
  expect(view.one('status').textContent).toBe('This notebook wants a job: 1 CPU, 2 GB, 60 min');
  expect(labels()).toEqual(['Start', 'Choose…', "Don't start"]);
  await click(view.one('button', 'Start'));
  expect(done).toEqual([['start', small]]);
});

test("the notebook file's own wish is shown as that, and is what Start would give", async () => {
  const resources = { cpus: 64, memory: '256G', time: '1-00:00:00' };
  await show({ state: 'asking', resources: small }, { berth: { resources } });
  expect(view.one('status').textContent).toBe('This notebook wants a job: 64 CPUs, 256 GB, 1 d');
  expect(view.node.textContent).toContain('The notebook file asks for these resources.');
  await click(view.one('button', 'Start'));
  expect(done).toEqual([['start', resources]]);
});

test('a wait can be cancelled, and is not read aloud each second', async () => {
  await show({ state: 'queued', jobId: jobId(7), reason: 'other jobs are before it (Priority)' });
  expect(view.one('status').textContent).toBe('Job 7 waits: other jobs are before it (Priority)');
  expect(view.one('status').textContent).not.toContain('now');
  expect(labels()).toEqual(['Cancel', 'Log']);
});

test('an end is an alert with what to do, and can be closed', async () => {
  await show({
    state: 'ended',
    outcome: { kind: 'time-limit', sentence: 'Job 7 reached its time limit.', status: 1, at: '' },
  });
  expect(view.one('alert').textContent).toBe('Job 7 reached its time limit.');
  expect(labels()).toEqual(['Start again', 'Choose other resources…', 'Log', 'Close']);
  await click(view.one('button', 'Close'));
  expect(done).toEqual([['close']]);
});

test('a button that was pressed keeps the focus while it works, and does so once', async () => {
  await show({ state: 'asking', resources: small }, {}, () => new Promise(() => undefined));
  const start = view.one('button', 'Start');
  start.focus();
  await click(start);
  await click(start);
  expect(done).toHaveLength(1);
  expect(start.getAttribute('aria-disabled')).toBe('true');
  expect(start.hasAttribute('disabled')).toBe(false);
});
