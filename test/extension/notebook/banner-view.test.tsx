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

const client = new BerthClient(() => Promise.reject(new Error('asks nothing')));
const session = { client, ticker: new Ticker() } as Session;
async function show(
  launch: Launch,
  metadata: unknown = {},
  work = (): Promise<void> => Promise.resolve(),
): Promise<void> {
  done = [];
  view = await draw(banner(launch, metadata, work));
}
/** Of one launch; without any the banner of a notebook that has nothing to tell. */
function banner(
  launch: Launch | undefined,
  metadata: unknown = {},
  work = (): Promise<void> => Promise.resolve(),
): JSX.Element {
  return (
    <BannerView
      story={launch && story(launch)}
      panel={{ context: { model: { sharedModel: { metadata } } } } as never}
      session={session}
      trans={trans}
      onAction={(...args) => {
        done.push(args);
        return work();
      }}
      onClose={() => done.push(['close'])}
      onSize={() => undefined}
      onFocusLost={() => done.push(['focus lost'])}
    />
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

test('an end is read out at once, says what to do, and can be closed', async () => {
  await show({
    state: 'ended',
    outcome: { kind: 'time-limit', sentence: 'Job 7 reached its time limit.', status: 1, at: '' },
  });
  expect(view.one('status').textContent).toBe('Job 7 reached its time limit.');
  expect(view.one('status').getAttribute('aria-live')).toBe('assertive');
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

const asking: Launch = { state: 'asking', resources: small };
const queued: Launch = { state: 'queued', jobId: jobId(7), reason: 'other jobs are before it (Priority)' };

test('what is said is said in one element, which is there before it says anything', async () => {
  done = [];
  view = await draw(banner(undefined));
  const said = view.one('status');
  expect(said.textContent).toBe('');
  expect(view.all('group')).toEqual([]);
  const texts: (string | null)[] = [];
  for (const launch of [asking, queued, undefined]) {
    await view.again(banner(launch));
    expect(view.one('status')).toBe(said);
    texts.push(said.textContent);
  }
  expect(texts).toEqual([
    'This notebook wants a job: 1 CPU, 2 GB, 60 min',
    'Job 7 waits: other jobs are before it (Priority)',
    '',
  ]);
});

test('the focus goes on to the next state, and to the notebook when there is none', async () => {
  await show(asking);
  view.one('button', 'Start').focus();
  await view.again(banner(queued));
  expect(document.activeElement).toBe(view.one('button', 'Cancel'));
  // a button that stays keeps it
  view.one('button', 'Log').focus();
  await view.again(banner({ state: 'starting', node: 'n1', doing: 'mounting', jobId: jobId(7) }));
  expect(document.activeElement).toBe(view.one('button', 'Log'));
  expect(done).toEqual([]);
  await view.again(banner({ state: 'ready', node: 'n1', pid: 1 }));
  expect(done).toEqual([['focus lost']]);
});

test('a focus that is elsewhere stays there', async () => {
  await show(asking);
  const cell = document.body.appendChild(document.createElement('textarea'));
  cell.focus();
  await view.again(banner(queued));
  await view.again(banner(undefined));
  expect(document.activeElement).toBe(cell);
  expect(done).toEqual([]);
  cell.remove();
});

test('a key that is held down presses nothing of the next state', async () => {
  await show(asking);
  const held = new KeyboardEvent('keydown', { key: 'Enter', repeat: true, bubbles: true, cancelable: true });
  view.one('button', 'Start').dispatchEvent(held);
  expect(held.defaultPrevented).toBe(true);
});

test('a new state can be answered while the answer to the one before is under way', async () => {
  await show(asking, {}, () => new Promise(() => undefined));
  await click(view.one('button', 'Start'));
  await view.again(banner(queued));
  await click(view.one('button', 'Cancel'));
  expect(done.map(([action]) => action)).toEqual(['start', 'cancel']);
});
