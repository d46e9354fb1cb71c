import { expect, test } from '@jest/globals';
import { nullTranslator } from '@jupyterlab/translation';
import { jobStatus } from '../../../extension/src/words/job-status.ts';
import { allocation, jobId, SCENES, story } from '../stand-in/scenes.ts';

const trans = nullTranslator.load('jupyter_berth');
const at = '2026-03-01T12:00:00Z';
const options = { now: Date.parse(at), warnBelow: 600, trans };
const ready = story({ state: 'ready', jobId: jobId(4211), node: 'gpu-17', pid: 1 });
const list = (timeLeft: number) => ({ at, allocations: [allocation(4211, { of: { timeLeft } })] });

test('job, node and time left', () => {
  expect(jobStatus(ready, list(13_860), options)).toMatchObject({
    text: 'Job 4211 · gpu-17 · 3 h 51 min',
    warn: false,
    counts: true,
  });
});

test('warns in words, not by colour alone, when little is left', () => {
  expect(jobStatus(ready, list(599), options)).toMatchObject({
    text: 'Job 4211 · gpu-17 · only 9 min 59 s left',
    warn: true,
  });
  expect(jobStatus(ready, list(600), options)?.warn).toBe(false);
});

test('a kernel that runs in no job that we know of still tells where', () => {
  expect(jobStatus(ready, undefined, options)?.text).toBe('Job 4211 · gpu-17');
});

test('what waits says so, what is over says nothing', () => {
  expect(
    jobStatus(story({ state: 'queued', jobId: jobId(7), reason: 'r' }), undefined, options),
  ).toMatchObject({
    text: 'Job 7 waits',
    title: 'r',
  });
  const [failed] = SCENES.failing.launches;
  expect(failed && jobStatus(failed, undefined, options)).toBeUndefined();
});
