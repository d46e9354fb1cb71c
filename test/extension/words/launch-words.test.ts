import { expect, test } from '@jest/globals';
import type { Launch } from '@berth/schema';
import { nullTranslator } from '@jupyterlab/translation';
import { launchNotice } from '../../../extension/src/words/launch-words.ts';
import { jobId, SCENES, story } from '../stand-in/scenes.ts';

const trans = nullTranslator.load('jupyter_berth');
const resources = { cpus: 1, memory: '2G', time: '60' };
const began = '2026-03-01T12:00:00Z';
const now = Date.parse('2026-03-01T12:02:30Z');
const notice = (launch: Launch, byNotebook = false) =>
  launchNotice(story(launch, 'a.ipynb', { began, since: began }), {
    now,
    asked: { resources, byNotebook },
    trans,
  });
const over = (kind: string, status: number): Launch => ({
  state: 'ended',
  outcome: { kind, sentence: 'It is over.', hint: 'Begin anew.', status, at: began } as never,
});

test('asks with the job in words, and says when the file wished for it', () => {
  expect(notice({ state: 'asking', resources })).toMatchObject({
    tone: 'ask',
    title: 'This notebook wants a job: 1 CPU, 2 GB, 60 min',
    actions: ['start', 'choose', 'decline'],
  });
  expect(notice({ state: 'asking', resources }, true)?.details[0]).toBe(
    'The notebook file asks for these resources.',
  );
});

test('waits with reason, expected start and how long it has been', () => {
  const queued = notice({
    state: 'queued',
    jobId: jobId(7),
    reason: 'waiting for free resources (Resources)',
    estimatedStart: '2026-03-01T14:05:00Z',
  });
  expect(queued?.title).toBe('Job 7 waits: waiting for free resources (Resources)');
  expect(queued?.details[0]).toMatch(/^Expected to start at .*05/);
  expect(queued?.details[1]).toBe('For 2 min 30 s now.');
  expect(notice({ state: 'starting', node: 'n1', doing: 'making the image ready' })).toMatchObject({
    tone: 'wait',
    title: 'Starting on n1: making the image ready',
    actions: ['cancel', 'log'],
  });
});

test('counts the time only once there is something to count, in a line that is there before', () => {
  const at = (seconds: number): readonly string[] | undefined => {
    const since = new Date(now - seconds * 1000).toISOString();
    const launch: Launch = { state: 'queued', reason: 'the job is being submitted' };
    const asked = { resources, byNotebook: false };
    return launchNotice(story(launch, 'a.ipynb', { since }), { now, asked, trans })?.details;
  };
  expect(at(0)).toEqual(['Just begun.']);
  // a page's clock may be a little behind
  expect(at(-2)).toEqual(['Just begun.']);
  expect(at(3)).toEqual(['For 3 s now.']);
});

test('says nothing of a kernel that is ready, or that ended as it should', () => {
  expect(notice({ state: 'ready', node: 'n1', pid: 1 })).toBeUndefined();
  expect(notice(over('exited', 0))).toBeUndefined();
});

test.each(['exited', 'time-limit', 'cancelled', 'node-failed', 'image-failed', 'refused', 'lost'])(
  'an end by "%s" is told in its own sentence, with what to do',
  (kind) => {
    expect(notice(over(kind, 1))).toEqual({
      tone: 'fail',
      title: 'It is over.',
      details: ['Begin anew.'],
      actions: ['start-again', 'choose-other', 'log'],
    });
  },
);

test('every scene has its words', () => {
  for (const scene of Object.values(SCENES)) {
    for (const one of scene.launches) {
      const told = launchNotice(one, { now: Date.now(), asked: { resources, byNotebook: false }, trans });
      expect(told === undefined).toBe(one.launch.state === 'ready');
    }
  }
});
