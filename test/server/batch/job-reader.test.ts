import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { JobState } from '@berth/schema';
import type { ListedJob } from '@berth/spawner/slurm';
import { JobReader } from '../../../server/src/batch/job-reader.ts';
import { submitNotebook } from '../../../server/src/batch/submit-job.ts';
import { idOf, jobWorld, lastWord, listedBatch, type JobWorld } from './job-fixture.ts';

let world: JobWorld;
let reader: JobReader;
const id = idOf(1);
beforeEach(async () => {
  world = await jobWorld();
  reader = new JobReader(world.store, undefined);
});
afterEach(() => world.down());

const submit = async (more: { sweep?: string } = {}): Promise<void> => {
  const file = await world.notebook('a.ipynb');
  const sweep =
    more.sweep === undefined ? undefined : { file: join(world.directory, 's.csv'), name: 's.csv' };
  if (sweep && more.sweep !== undefined) await writeFile(sweep.file, more.sweep);
  await submitNotebook({ id, file, parameters: {}, sweep }, world.context);
};
const second = (n: number): number => 1_000_000 + n * 1000;
const line = (state: JobState, index = '', jobId = '77') => listedBatch(id, state, index, jobId);
const at = async (n: number, ...jobs: readonly ListedJob[]) =>
  (await reader.read(id, { at: second(n), jobs }))?.view.state;
/** As the node writes it. */
async function wrote(status: object, attempt = 0, index = 0): Promise<void> {
  const place = join(world.store.paths(id).elements, String(index), `attempt-${attempt}`);
  await mkdir(place, { recursive: true });
  const whole = { node: 'n1', jobId: '77', began: new Date(second(10)).toISOString(), ...status };
  await writeFile(join(place, 'status.json'), JSON.stringify(whole));
}
const ended = (n: number): string => new Date(second(n)).toISOString();

test('one that is begun anew is followed, whatever it was before (F5)', async () => {
  await submit();
  await wrote({ state: 'running' });
  expect(await at(20, line('RUNNING'))).toBe('running');
  await wrote({ state: 'stopped', ended: ended(30), reason: '' });
  // nobody submits it again meanwhile, who would have two
  expect((await reader.read(id, undefined))?.view.state).toBe('running');
  expect(await at(31, line('COMPLETING'))).toBe('running');
  expect(await at(40, line('PENDING'))).toBe('queued');
  expect(await at(50, line('RUNNING'))).toBe('starting');
  await wrote({ state: 'running', began: ended(51) }, 1);
  expect(await at(60, line('RUNNING'))).toBe('running');
});

test('one that was over is followed again when Slurm lists it: an administrator may have it run anew', async () => {
  await submit();
  await wrote({ state: 'completed', ended: ended(30) });
  expect([await at(40), await at(50)]).toEqual(['completed', 'completed']);
  expect(await at(60, line('PENDING'))).toBe('queued');
});

test('what is over is not read again', async () => {
  await submit();
  await wrote({ state: 'completed', ended: ended(30) });
  await at(40);
  await wrote({ state: 'failed', ended: ended(30) });
  expect(await at(50)).toBe('completed');
});

test('jobs of years that are over are looked at several at once, and those that go on one by one', async () => {
  const file = await world.notebook('a.ipynb');
  const ids = Array.from({ length: 40 }, (_, n) => idOf(n + 1));
  for (const one of ids) {
    await submitNotebook({ id: one, file, parameters: {} }, world.context);
    const place = join(world.store.paths(one).elements, '0/attempt-0');
    await mkdir(place, { recursive: true });
    const status = { state: 'completed', node: 'n1', jobId: '77', began: ended(10), ended: ended(30) };
    await writeFile(join(place, 'status.json'), JSON.stringify(status));
  }
  const read = reader.read.bind(reader);
  let [now, most] = [0, 0];
  reader.read = async (...args) => {
    most = Math.max(most, (now += 1));
    return read(...args).finally(() => (now -= 1));
  };
  const look = async (n: number): Promise<number> => {
    most = 0;
    expect(await reader.all({ at: second(n), jobs: [] })).toHaveLength(40);
    return most;
  };
  expect([await look(40), await look(50)]).toEqual([1, 32]);
});

test('how it ended is kept: after a new start nothing of its elements is read, nor is Slurm asked', async () => {
  await submit({ sweep: 'n\n1\n2\n' });
  await wrote({ state: 'completed', ended: ended(30) });
  await wrote({ state: 'failed', ended: ended(30), error: { cell: 1, name: 'E', message: 'é' } }, 0, 1);
  await at(40);
  await rm(world.store.paths(id).elements, { recursive: true });
  const anew = new JobReader(world.store, undefined);
  const read = await anew.read(id, undefined);
  expect(read).toMatchObject({
    view: { state: 'failed', shown: [{ parameters: { n: '2' } }] },
    elements: [{ state: 'completed' }, { state: 'failed', error: { message: 'é' } }],
  });
});

test('what was kept is dropped when Slurm begins it anew, also for whoever reads later (F5)', async () => {
  await submit();
  await wrote({ state: 'completed', ended: ended(30) });
  await at(40);
  expect(existsSync(world.store.paths(id).outcome)).toBe(true);
  expect(await at(60, line('PENDING'))).toBe('queued');
  await wrote({ state: 'running', began: ended(61) }, 1);
  reader = new JobReader(world.store, undefined);
  expect((await reader.read(id, undefined))?.view.state).toBe('running');
});

/** The node begins an attempt, as the program there does it. */
function begin(restarts: number): void {
  const code = `import os, sys; sys.path.insert(0, sys.argv[1]); import berth_notebook
berth_notebook.make_attempt(os.open('.', os.O_RDONLY), 0, int(sys.argv[2]))`;
  const batch = join(import.meta.dirname, '../../../server/src/batch');
  const { root } = world.store.paths(id);
  const { stderr } = spawnSync('python3', ['-B', '-c', code, batch, String(restarts)], { cwd: root });
  expect(stderr.toString()).toBe('');
}

test('one that was run anew and ended while nobody looked is read anew (F5)', async () => {
  await submit();
  begin(0);
  await wrote({ state: 'failed', ended: ended(30) });
  expect(await at(40)).toBe('failed');
  begin(1);
  await wrote({ state: 'completed', began: ended(51), ended: ended(60) }, 1);
  expect(await at(70)).toBe('completed');
  const anew = new JobReader(world.store, undefined);
  expect((await anew.read(id, undefined))?.view.state).toBe('completed');
});

test('where it cannot be kept it is not read again either', async () => {
  await submit();
  await mkdir(world.store.paths(id).outcome);
  await wrote({ state: 'completed', ended: ended(30) });
  await at(40);
  await wrote({ state: 'failed', ended: ended(30) });
  expect(await at(50)).toBe('completed');
});

test.each(['half', '[]', '[{"index":0}]'])(
  'a damaged one is as if there were none: %s (F21)',
  async (text) => {
    await submit();
    await wrote({ state: 'completed', ended: ended(30) });
    await writeFile(world.store.paths(id).outcome, text);
    expect(await at(40)).toBe('completed');
  },
);

test('what is lost is not kept: Slurm may remember it', async () => {
  await submit();
  await wrote({ state: 'running' });
  expect([await at(40), await at(400)]).toEqual(['lost', 'lost']);
  expect(existsSync(world.store.paths(id).outcome)).toBe(false);
});

test('what the node wrote is told also when it is seen after Slurm`s last word, as over a network', async () => {
  await submit();
  await wrote({ state: 'running' });
  await world.store.note(id, { ended: { 0: 'FAILED' } });
  expect(await at(40)).toBe('failed');
  await wrote({ state: 'failed', ended: ended(30), error: { cell: 2, name: 'ValueError', message: 'no' } });
  const read = await reader.read(id, { at: second(60), jobs: [] });
  expect(read?.elements[0]).toMatchObject({ state: 'failed', error: { name: 'ValueError' } });
});

test('the number of one whose sbatch did not answer is found by its comment, of an array that of the whole (F11)', async () => {
  world.answer({ status: null });
  await expect(submit({ sweep: 'n\n1\n2\n' })).rejects.toMatchObject({ code: 'slurm-unreachable' });
  const listing = { at: second(5), jobs: [line('RUNNING', '0', '81'), line('PENDING', '1', '80')] };
  const jobs = await reader.all(listing);
  expect(jobs[0]?.view.jobId).toBeUndefined();
  world.answerOf('squeue', { stdout: `berth-job:${id}|80\nberth-job:${id}|80\n` });
  expect(await reader.settle(jobs, world.context.run, 'squeue')).toBe(true);
  expect((await reader.all(listing))[0]?.view).toMatchObject({
    jobId: '80',
    counts: { starting: 1, queued: 1 },
  });
});

test('why one was stopped is asked of Slurm where the node has not told it, e.g. when its next attempt could not begin (F5)', async () => {
  await submit();
  await wrote({ state: 'stopped', ended: ended(30), reason: '' });
  const listing = { at: second(40), jobs: [] };
  const read = await reader.all(listing);
  expect(read[0]?.elements[0]?.why).toBe('Slurm ended it, and it is not known why');
  // not kept before it was asked
  expect(existsSync(world.store.paths(id).outcome)).toBe(false);
  world.answerOf('squeue', { stdout: lastWord(id, 'FAILED') });
  expect(await reader.settle(read, world.context.run, 'squeue')).toBe(true);
  expect(await at(50)).toBe('failed');
  expect(existsSync(world.store.paths(id).outcome)).toBe(true);
});

test('why one was stopped is not known when Slurm has forgotten it, and that is kept', async () => {
  await submit();
  await wrote({ state: 'stopped', ended: ended(30), reason: '' });
  world.answerOf('squeue', { stdout: '' });
  const listing = { at: second(40), jobs: [] };
  expect(await reader.settle(await reader.all(listing), world.context.run, 'squeue')).toBe(true);
  expect(await reader.all(listing)).toMatchObject([{ view: { state: 'cancelled' }, unsettled: [] }]);
  expect(existsSync(world.store.paths(id).outcome)).toBe(true);
});

test('one that is lost is asked for once, by whoever reads', async () => {
  await submit();
  await wrote({ state: 'running' });
  world.answerOf('squeue', { stdout: '' });
  const listing = { at: second(40), jobs: [] };
  const lost = await reader.all(listing);
  expect(lost).toMatchObject([{ view: { state: 'lost' }, unsettled: [0] }]);
  await reader.settle(lost, world.context.run, 'squeue');
  const later = new JobReader(world.store, undefined);
  expect(await later.all({ at: second(50), jobs: [] })).toMatchObject([
    { view: { state: 'lost' }, unsettled: [] },
  ]);
});

test('what Slurm said of an end says nothing more when it lists the job again, though the next attempt never begins (F5)', async () => {
  await submit();
  await wrote({ state: 'running' });
  world.answerOf('squeue', { stdout: lastWord(id, 'NODE_FAIL') });
  await reader.settle(await reader.all({ at: second(40), jobs: [] }), world.context.run, 'squeue');
  expect(await at(50)).toBe('failed');
  expect(await at(60, line('PENDING'))).toBe('queued');
  // cancelled while it waited
  world.answerOf('squeue', { stdout: lastWord(id, 'CANCELLED') });
  const read = await reader.all({ at: second(70), jobs: [] });
  expect(read).toMatchObject([{ view: { state: 'lost' }, unsettled: [0] }]);
  await reader.settle(read, world.context.run, 'squeue');
  expect(await at(80)).toBe('cancelled');
});

test('an older list, e.g. of a page that was closed for hours, says nothing against a newer word', async () => {
  await submit();
  await wrote({ state: 'running' });
  world.answerOf('squeue', { stdout: lastWord(id, 'NODE_FAIL') });
  await reader.settle(await reader.all({ at: second(400), jobs: [] }), world.context.run, 'squeue');
  const page = new JobReader(world.store, undefined);
  await page.all({ at: second(40), jobs: [line('RUNNING')] });
  expect((await page.all({ at: second(500), jobs: [] }))[0]?.view.state).toBe('failed');
});

test('an end that is not settled is not kept, however long ago', async () => {
  await submit();
  await wrote({ state: 'stopped', ended: ended(30), reason: '' });
  expect([await at(40), await at(400)]).toEqual(['cancelled', 'cancelled']);
  expect(existsSync(world.store.paths(id).outcome)).toBe(false);
});

test('the reason of an attempt says nothing of what became of the job afterwards, e.g. held and cancelled', async () => {
  await submit();
  await wrote({ state: 'stopped', ended: ended(30), reason: 'job requeued in held state' });
  world.answerOf('squeue', { stdout: lastWord(id, 'CANCELLED') });
  const read = await reader.all({ at: second(40), jobs: [] });
  expect(read[0]?.elements[0]?.why).toBe('Slurm ended it (job requeued in held state)');
  await reader.settle(read, world.context.run, 'squeue');
  expect((await reader.all({ at: second(50), jobs: [] }))[0]?.elements[0]?.why).toBe('it was cancelled');
});

test('a last word that cannot be kept of one holds up none of the others (F9)', async () => {
  const other = idOf(2);
  await submit();
  const file = await world.notebook('b.ipynb');
  await submitNotebook({ id: other, file, parameters: {}, sweep: undefined }, world.context);
  world.answerOf('squeue', { stdout: [lastWord(id, 'FAILED'), lastWord(other, 'TIMEOUT')].join('') });
  const lost = await reader.all({ at: second(400), jobs: [] });
  // a directory where the file would be
  await rm(world.store.paths(id).slurm);
  await mkdir(world.store.paths(id).slurm);
  await expect(reader.settle(lost, world.context.run, 'squeue')).rejects.toThrow();
  expect((await reader.read(other, { at: second(410), jobs: [] }))?.view.state).toBe('timed-out');
});

test('what Slurm said of an attempt says nothing of the next one (F5)', async () => {
  await submit();
  await wrote({ state: 'running' });
  world.answerOf('squeue', { stdout: lastWord(id, 'NODE_FAIL') });
  const lost = await reader.all({ at: second(40), jobs: [] });
  expect(await reader.settle(lost, world.context.run, 'squeue')).toBe(true);
  expect(await at(50)).toBe('failed');
  // an administrator has it run anew, and then it reaches its limit
  await wrote({ state: 'running', began: ended(60) }, 1);
  expect(await at(70, line('RUNNING'))).toBe('running');
  expect(await at(80)).toBe('lost');
  await wrote({ state: 'stopped', began: ended(60), ended: ended(90), reason: 'TimeLimit' }, 1);
  expect(await at(100)).toBe('timed-out');
});
