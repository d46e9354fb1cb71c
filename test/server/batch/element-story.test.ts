import { describe, expect, test } from '@jest/globals';
import { JobId, JobRecord, type AttemptStatus, type JobState, type SlurmRecord } from '@berth/schema';
import type { ListedJob } from '@berth/spawner/slurm';
import fc from 'fast-check';
import {
  elementStory,
  indexList,
  linesOf,
  NO_EVIDENCE,
  type Evidence,
  type SlurmWord,
} from '../../../server/src/batch/element-story.ts';

const at = (seconds: number): string => new Date(1_000_000 + seconds * 1000).toISOString();
const record = JobRecord.parse({
  version: 1,
  id: '0123456789abcdef',
  notebook: '/home/alice/fit.ipynb',
  kernel: { name: 'k', displayName: 'K', language: 'python', image: 'lab/x:1' },
  resources: {},
  submitted: at(0),
  elements: 1,
  run: { directory: '/home/alice', env: {}, squeue: '/usr/bin/squeue' },
});
const listed = (state: JobState, second: number, reason = 'None'): SlurmWord => ({
  kind: 'listed',
  at: Date.parse(at(second)),
  job: {
    kind: 'batch',
    launchId: record.id,
    index: '',
    name: 'nb',
    memory: '1G',
    gres: '',
    timeLimit: 60,
    allocation: { jobId: JobId.parse('7'), state, reason, nodes: 'n1', partition: 'main', cpus: 1 },
  },
});
const absent = (second: number): SlurmWord => ({ kind: 'absent', at: Date.parse(at(second)) });
const silent: SlurmWord = { kind: 'silent' };
const wrote = (status: Partial<AttemptStatus>): Evidence => ({
  attempts: 1,
  attempt: 0,
  output: true,
  status: { state: 'running', node: 'n1', jobId: '7', began: at(10), ...status },
});
const jobId = JobId.parse('7');
const story = (evidence: Evidence, word: SlurmWord, slurm: Partial<SlurmRecord> = {}) =>
  elementStory(0, evidence, word, record, { jobId, acknowledged: at(2), ended: {}, ...slurm }).element;

describe('before it has begun', () => {
  test.each([
    [listed('PENDING', 5, 'Resources'), { state: 'queued', why: 'waiting for free resources (Resources)' }],
    [listed('RUNNING', 5), { state: 'starting' }],
    [silent, { state: 'queued' }],
    // asked before it was submitted
    [absent(1), { state: 'queued' }],
    [absent(400), { state: 'lost' }],
  ])('%j', (word, told) => expect(story(NO_EVIDENCE, word)).toMatchObject({ ...told, attempts: 0 }));
  test('while sbatch has not answered it is being submitted, and nothing has ended (I4, F11)', () => {
    const unnumbered = (word: SlurmWord) => elementStory(0, NO_EVIDENCE, word, record, { ended: {} }).element;
    for (const word of [silent, absent(-1), absent(60), absent(119)])
      expect(unnumbered(word)).toMatchObject({ state: 'queued', why: 'being submitted' });
    expect(unnumbered(listed('PENDING', 5))).toMatchObject({ state: 'queued' });
    expect(unnumbered(absent(121))).toMatchObject({
      state: 'lost',
      why: 'Slurm does not know it; it was probably not submitted',
    });
  });
  test.each([{ cancelled: at(5) }, { cancelledElements: { 0: at(5) } }])(
    'cancelled, also when its number was lost: %j (F11)',
    (cancelled) => {
      const unnumbered = (word: SlurmWord) =>
        elementStory(0, NO_EVIDENCE, word, record, { ended: {}, ...cancelled }).element;
      for (const word of [absent(6), absent(400)])
        expect(unnumbered(word)).toMatchObject({ state: 'cancelled', why: 'it was cancelled' });
      // asked before it was cancelled, or not answered: nothing has ended
      for (const word of [absent(4), silent]) expect(unnumbered(word)).toMatchObject({ state: 'queued' });
    },
  );
  test('what Slurm said before it forgot', () => {
    expect(story(NO_EVIDENCE, absent(400), { ended: { 0: 'CANCELLED' } })).toMatchObject({
      state: 'cancelled',
    });
    expect(story(NO_EVIDENCE, silent, { ended: { 0: 'FAILED' } })).toMatchObject({ state: 'failed' });
    expect(story(NO_EVIDENCE, absent(400), { cancelled: at(5) })).toMatchObject({ state: 'cancelled' });
  });
});

describe('while it runs', () => {
  test.each([listed('RUNNING', 20), listed('COMPLETING', 20), silent, absent(9)])('%j', (word) =>
    expect(story(wrote({ cells: { total: 3, done: 1 } }), word)).toMatchObject({
      state: 'running',
      cells: { total: 3, done: 1 },
    }),
  );
  test('gone without a word: lost, until Slurm has said how', () => {
    expect(story(wrote({}), absent(60))).toMatchObject({ state: 'lost' });
    expect(story(wrote({}), absent(60), { ended: { 0: 'NODE_FAIL' } })).toMatchObject({
      state: 'failed',
      why: 'its node failed',
    });
    expect(story(wrote({}), absent(60), { ended: { 0: 'TIMEOUT' } })).toMatchObject({ state: 'timed-out' });
  });
});

describe('when it has ended', () => {
  const done = wrote({ state: 'completed', ended: at(30) });
  test.each([silent, absent(60), listed('COMPLETING', 31), listed('RUNNING', 25), listed('PENDING', 5)])(
    'what the node wrote holds: %j',
    (word) => expect(story(done, word)).toMatchObject({ state: 'completed', ended: at(30) }),
  );
  test('a failure with its cell', () => {
    const error = { cell: 2, name: 'ValueError', message: 'no' };
    expect(story(wrote({ state: 'failed', ended: at(30), error }), absent(60))).toMatchObject({
      state: 'failed',
      error,
    });
  });
  test.each([
    [{ reason: 'TimeLimit' }, {}, 'timed-out'],
    [{ reason: '' }, {}, 'cancelled'],
    [{}, { ended: { 0: 'TIMEOUT' } }, 'timed-out'],
    [{}, { ended: { 0: 'PREEMPTED' } }, 'failed'],
  ] as const)('stopped, %j, %j: %s', (more, slurm, state) =>
    expect(story(wrote({ state: 'stopped', ended: at(30), ...more }), absent(60), slurm)).toMatchObject({
      state,
    }),
  );
  test('begun anew it waits again, and is not yet what its last attempt was (F5)', () => {
    const stopped = wrote({ state: 'stopped', ended: at(30), reason: '' });
    expect(story(stopped, listed('PENDING', 40, 'BeginTime'))).toMatchObject({
      state: 'queued',
      attempts: 1,
    });
    expect(story(stopped, listed('PENDING', 40)).ended).toBeUndefined();
    // the next attempt runs, and has not written anything yet
    expect(story(stopped, listed('RUNNING', 50))).toMatchObject({ state: 'starting' });
    // whether there will be one is not known yet: nobody is told that it has ended
    const [ending, unheard] = ['Slurm is ending it', expect.stringContaining('not known yet')];
    for (const [word, why] of [
      [listed('COMPLETING', 31), ending],
      [listed('RUNNING', 29), ending],
      [listed('SUSPENDED', 40), ending],
      [listed('UNKNOWN', 40), ending],
      // asked before that, e.g. of one that another program submitted
      [absent(5), unheard],
      [silent, unheard],
    ] as const) {
      expect(story(stopped, word)).toMatchObject({ state: 'running', why });
      expect(story(stopped, word).ended).toBeUndefined();
      expect(story(stopped, word, { cancelled: at(28) })).toMatchObject({ state: 'cancelled' });
      expect(story(stopped, word, { ended: { 0: 'PREEMPTED' } })).toMatchObject({ state: 'failed' });
    }
    expect(story(stopped, absent(31))).toMatchObject({ state: 'cancelled', ended: at(30) });
    // a file of which the end was lost
    expect(story(wrote({ state: 'stopped' }), absent(31))).toMatchObject({ state: 'cancelled' });
  });
  test('one element that was cancelled, of those that were not', () => {
    expect(story(wrote({}), absent(60), { cancelledElements: { 0: at(50) } })).toMatchObject({
      state: 'cancelled',
    });
    expect(story(wrote({}), absent(60), { cancelledElements: { 1: at(50) } })).toMatchObject({
      state: 'lost',
    });
  });
});

test('property: a Slurm that does not answer ends nothing (I4)', () => {
  const states = fc.constantFrom('running', 'completed', 'failed', 'stopped');
  fc.assert(
    fc.property(fc.option(states), fc.boolean(), (state, cancelled) => {
      const evidence = state === null ? NO_EVIDENCE : wrote({ state: state, ended: at(30) });
      const told = story(evidence, silent, cancelled ? { cancelled: at(5) } : {});
      expect(told.state).not.toBe('lost');
      if (state === null || state === 'running' || (state === 'stopped' && !cancelled))
        expect(['queued', 'running']).toContain(told.state);
    }),
  );
});

describe('the lines of a job array', () => {
  test.each([
    ['4', 4, true],
    ['4', 5, false],
    ['0-7,9', 8, false],
    ['0-7,9', 9, true],
    ['0-9%2', 9, true],
    ['0-20:5', 15, true],
    ['0-20:5', 14, false],
    ['0-3,...', 100, true],
    ['0-3,...', 2, true],
    ['0-3,4...', 100, true],
    ['', 0, false],
    ['N/A', 0, false],
  ])('%j and %j: %j', (list, index, among) => expect(indexList(list)(index)).toBe(among));
  test('property: as the sets that they write', () => {
    const ranges = fc.array(fc.tuple(fc.nat(50), fc.nat(10)), { maxLength: 5 });
    fc.assert(
      fc.property(ranges, fc.nat(70), (list, index) => {
        const text = list.map(([low, more]) => (more === 0 ? String(low) : `${low}-${low + more}`)).join(',');
        const among = list.some(([low, more]) => index >= low && index <= low + more);
        expect(indexList(text)(index)).toBe(among);
      }),
    );
  });
  test('an element has a line of its own, or that of all that wait', () => {
    const line = (index: string): ListedJob => ({
      ...(listed('RUNNING', 0) as { job: ListedJob }).job,
      index,
    });
    const several = [line('3-9'), line('1'), line('3')];
    const lines = linesOf(several, true);
    expect([0, 1, 2, 3, 5].map((index) => lines.of(index)?.index)).toEqual([
      undefined,
      '1',
      undefined,
      '3',
      '3-9',
    ]);
    expect(linesOf(several, false).of(0)?.index).toBe('3-9');
  });
});

test('ten thousand elements are found by looking at each line a few times', () => {
  let looks = 0;
  const word = listed('RUNNING', 5);
  const lines = Array.from({ length: 5000 }, (_, n): ListedJob => {
    const job = word.kind === 'listed' ? word.job : undefined;
    return Object.defineProperty({ ...job, index: '' }, 'index', {
      get: () => {
        looks += 1;
        return String(n);
      },
    }) as ListedJob;
  });
  const known = linesOf([...lines, { ...(lines[0] as ListedJob), index: '5000-9999' }], true);
  for (let index = 0; index < 10_000; index += 1) expect(known.of(index)).toBeDefined();
  expect(looks).toBeLessThan(20_000);
});
