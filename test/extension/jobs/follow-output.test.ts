import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { followOutput, NO_KERNEL } from '../../../extension/src/jobs/follow-output.ts';
import { settled } from '../draw.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { sampleJobs } from '../stand-in/job-scenes.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
let tests: BerthOfTests;
/** what was shown, and whether the next reading fails */
let shown: unknown[];
let fails: boolean;
beforeEach(async () => {
  standIn = await standInUp('many');
  tests = berthOf(standIn);
  [shown, fails] = [[], false];
  tests.session.store.events.start();
  await settled(() => tests.session.store.jobs !== undefined && standIn.events.listeners === 1);
});
afterEach(async () => {
  tests.down();
  await standIn.down();
});

/** As much of Lab's notebook as is used. */
function opened(path: string) {
  const subject = {};
  const panel = {
    isDisposed: false,
    disposed: new Signal<object, undefined>(subject),
    context: {
      path,
      isReady: true,
      ready: Promise.resolve(),
      sessionContext: { kernelPreference: { shouldStart: true, language: 'python' } },
      model: { dirty: true, fromJSON: (content: unknown) => void shown.push(content) },
    },
  };
  let reads = 0;
  const get = (): Promise<Contents.IModel> => {
    reads += 1;
    return fails ? Promise.reject(new Error('down')) : Promise.resolve({ content: reads } as Contents.IModel);
  };
  followOutput(panel as unknown as NotebookPanel, { get }, () => Promise.resolve(tests.session));
  return { panel, reads: () => reads };
}
const [job] = sampleJobs;
const path = `BerthJobs:${job?.id}/0/train.ipynb`;
const tell = (done: number): void => {
  if (job === undefined) throw new Error('no job');
  const element = { ...job.shown[0], cells: { total: 12, done } } as (typeof job.shown)[0];
  standIn.events.emit({ type: 'job', value: { ...job, shown: [element] } });
};

test('it gets no kernel, is read anew with each news of its job, and has nothing to save', async () => {
  const { panel } = opened(path);
  expect(panel.context.sessionContext.kernelPreference).toEqual({ ...NO_KERNEL, language: 'python' });
  tell(6);
  await settled(() => shown.length === 1);
  expect(panel.context.model.dirty).toBe(false);
  tell(7);
  await settled(() => shown.length === 2);
});

test('what could not be read is read with the next news; nobody is asked', async () => {
  const { reads } = opened(path);
  fails = true;
  tell(6);
  await settled(() => reads() === 1);
  fails = false;
  tell(7);
  await settled(() => shown.length === 1);
});

test('of a job that was removed what is shown stays', async () => {
  const { reads } = opened(path);
  standIn.events.emit({ type: 'job-forgotten', value: { id: job?.id ?? '' } });
  await settled(() => tests.session.store.jobs?.every(({ id }) => id !== job?.id) === true);
  expect([reads(), shown]).toEqual([0, []]);
});

test.each(['a.ipynb', `${job?.id}/0/train.ipynb`])('a notebook of the person`s is left alone: %s', (own) => {
  const { panel } = opened(own);
  expect(panel.context.sessionContext.kernelPreference.shouldStart).toBe(true);
});
