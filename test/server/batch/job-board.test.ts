import { existsSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ServerEvent } from '@berth/schema/rest';
import { until } from '../../cluster/until.ts';
import { JobBoard } from '../../../server/src/batch/job-board.ts';
import { idOf, jobWorld, lastWord, listedBatch, type JobWorld } from './job-fixture.ts';

let world: JobWorld;
let board: JobBoard;
let events: ServerEvent[];
/** what squeue answers when it is asked for those that have ended, and for the numbers of those that live */
let ended: string;
let living: string;
let stale: string | undefined;
let expected: boolean[];
beforeEach(async () => {
  world = await jobWorld();
  [events, ended, living, stale, expected] = [[], '', '', undefined, []];
  board = new JobBoard({
    context: () => Promise.resolve(world.context),
    store: world.store,
    run: async (argv) => {
      const result = await world.context.run(argv);
      if (!argv[0]?.endsWith('squeue')) return result;
      return { ...result, stdout: argv.includes('--format=%k|%F') ? living : ended };
    },
    binDirectory: () => Promise.resolve('/opt/slurm/bin'),
    root: world.directory,
    publish: (event) => events.push(event),
    listening: () => 1,
    look: () => Promise.resolve(stale),
    expecting: (news) => void expected.push(news),
    note: () => undefined,
  });
});
afterEach(async () => {
  await board.close();
  await world.down();
});

const states = () => events.flatMap((event) => (event.type === 'job' ? [event.value.state] : []));

/** As the node writes it. */
async function wrote(id: string, status: object, output?: object, index = 0): Promise<void> {
  const place = join(world.store.paths(id).elements, String(index), 'attempt-0');
  await mkdir(place, { recursive: true });
  const whole = { node: 'n1', jobId: '77', began: new Date(1_100_000).toISOString(), ...status };
  await writeFile(join(place, 'status.json'), JSON.stringify(whole));
  if (output) await writeFile(join(place, 'output.ipynb'), JSON.stringify(output));
}

test('a submission is listed, and told; sent twice it is one job', async () => {
  await world.notebook('a.ipynb');
  const order = { path: 'a.ipynb', parameters: {} };
  const [first, second] = await Promise.all([board.submit(idOf(1), order), board.submit(idOf(1), order)]);
  expect(first).toEqual(second);
  expect(await board.submit(idOf(1), order)).toMatchObject({ id: idOf(1), path: 'a.ipynb', state: 'queued' });
  expect(world.ran.filter(([command]) => command?.endsWith('sbatch'))).toHaveLength(1);
  expect((await board.list()).jobs).toHaveLength(1);
  expect(states()).toEqual(['queued']);
});

test('closed only when a submission that was begun has its number: nobody else knows it then (F11)', async () => {
  await world.notebook('a.ipynb');
  const answered = world.hold('sbatch');
  const submitting = board.submit(idOf(1), { path: 'a.ipynb', parameters: {} });
  await until(() => world.ran.some(([command]) => command?.endsWith('sbatch')), 5000);
  let closed = false;
  const closing = board.close().then(() => (closed = true));
  await setImmediate();
  expect(closed).toBe(false);
  answered();
  await closing;
  expect((await world.store.demand(idOf(1))).slurm.jobId).toBe('77');
  await submitting;
});

test.each(['../a.ipynb', '/etc/passwd', '', 'x/../../a.ipynb'])(
  'a path that leaves the root is refused: %j',
  (path) =>
    expect(board.submit(idOf(1), { path, parameters: {} })).rejects.toMatchObject({
      code: 'notebook-unreadable',
    }),
);

/** A list in the middle of which the file system stands still, and what lets it go on. */
async function readingSlowly(): Promise<[ReturnType<typeof board.list>, () => void]> {
  const { store } = world;
  const read = store.read.bind(store);
  const [wasRead, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  store.read = async (id) => {
    const found = await read(id);
    wasRead.resolve();
    await goOn.promise;
    return found;
  };
  const listing = board.list();
  await wasRead.promise;
  store.read = read;
  return [listing, goOn.resolve];
}

describe('what it tells', () => {
  beforeEach(async () => {
    await world.notebook('a.ipynb');
    await board.submit(idOf(1), { path: 'a.ipynb', parameters: {} });
  });

  test('how it goes on, from Slurm and from the node', async () => {
    board.heard([listedBatch(idOf(1), 'PENDING')], 1_050_000);
    await until(() => events.length > 1, 5000);
    await wrote(idOf(1), { state: 'running', cells: { total: 2, done: 1 } });
    board.heard([listedBatch(idOf(1), 'RUNNING')], 1_150_000);
    await until(() => states().at(-1) === 'running', 5000);
    await wrote(idOf(1), { state: 'completed', ended: new Date(1_200_000).toISOString() });
    // nobody says that there is news: the node's files are looked at
    expect(await until(() => states().at(-1) === 'completed', 30_000)).toBe(true);
  });

  test('a Slurm that does not answer is told, and nothing has ended (F1)', async () => {
    await wrote(idOf(1), { state: 'running' });
    stale = 'Slurm does not answer';
    expect(await board.list()).toMatchObject({ stale, jobs: [{ state: 'running' }] });
  });

  test('one that is listed no more: Slurm is asked once how it ended, and that is kept (F19)', async () => {
    ended = lastWord(idOf(1), 'NODE_FAIL');
    await wrote(idOf(1), { state: 'running' });
    board.heard([], 1_150_000);
    await until(() => states().at(-1) === 'failed', 5000);
    expect((await board.list()).jobs).toMatchObject([
      { state: 'failed', shown: [{ why: 'its node failed' }] },
    ]);
    expect(await world.store.read(idOf(1))).toMatchObject({ slurm: { ended: { 0: 'NODE_FAIL' } } });
    expect(world.ran.filter(([command]) => command?.endsWith('squeue'))).toHaveLength(1);
  });

  test('one that Slurm has forgotten as well is lost, and asked for once; again with its next list where it did not answer (F1)', async () => {
    const asked = () => world.ran.filter(([command]) => command?.endsWith('squeue')).length;
    world.answerOf('squeue', { status: 1 });
    board.heard([], 1_150_000);
    await until(() => states().at(-1) === 'lost', 5000);
    await board.list();
    expect(asked()).toBe(1);
    world.answerOf('squeue', { status: 0 });
    for (const moment of [1_160_000, 1_170_000]) {
      board.heard([], moment);
      await board.list();
      expect(asked()).toBe(2);
    }
  });

  test('cancelling', async () => {
    board.heard([listedBatch(idOf(1), 'PENDING')], 1_050_000);
    // Slurm says which number it has by now
    living = `berth-job:${idOf(2)}|76\nberth-job:${idOf(1)}|78\n`;
    await board.cancel(idOf(1));
    expect(world.ran.at(-1)).toEqual(['/opt/slurm/bin/scancel', '--me', '78']);
    board.heard([], 1_150_000);
    await until(() => states().at(-1) === 'cancelled', 5000);
    await board.cancel(idOf(1));
    expect((await world.store.demand(idOf(1))).slurm.jobId).toBe('78');
    expect(world.ran.filter(([command]) => command?.endsWith('scancel'))).toHaveLength(1);
    await expect(board.cancel(idOf(2))).rejects.toMatchObject({ code: 'job-unknown' });
  });

  test('one that was stopped while Slurm is silent is asked for until that is known, and cancelled by who wants that (F5)', async () => {
    await wrote(idOf(1), { state: 'stopped', ended: new Date(1_200_000).toISOString(), reason: 'Preempted' });
    stale = 'Slurm does not answer';
    for (const asked of [undefined, 1_150_000]) {
      if (asked !== undefined) board.heard([], asked);
      expect(await board.list()).toMatchObject({ jobs: [{ state: 'running' }] });
      expect(expected.at(-1)).toBe(true);
    }
    world.answerOf('scancel', { status: 1, stderr: 'error: Unable to contact slurm controller\n' });
    living = `berth-job:${idOf(1)}|77\n`;
    await expect(board.cancel(idOf(1))).rejects.toMatchObject({ code: 'slurm-unreachable' });
    board.heard([], 1_210_000);
    expect(await board.list()).toMatchObject({
      jobs: [{ state: 'cancelled', shown: [{ why: 'Slurm ended it (Preempted)' }] }],
    });
    expect(expected.at(-1)).toBe(false);
  });

  test('one that is over is cancelled as long as Slurm has not said that it has it no more', async () => {
    await wrote(idOf(1), { state: 'failed', ended: new Date(1_200_000).toISOString() });
    living = `berth-job:${idOf(1)}|77\n`;
    await board.cancel(idOf(1));
    expect(world.ran.at(-1)).toEqual(['/opt/slurm/bin/scancel', '--me', '77']);
    board.heard([], 1_250_000);
    await board.cancel(idOf(1));
    expect(world.ran.filter(([command]) => command?.endsWith('scancel'))).toHaveLength(1);
  });

  test('removed with its files when it is over, and told; asked twice it is gone', async () => {
    const { root } = world.store.paths(idOf(1));
    await expect(board.remove(idOf(1))).rejects.toMatchObject({ code: 'job-not-over' });
    await wrote(idOf(1), { state: 'completed', ended: new Date(1_200_000).toISOString() });
    // Slurm does not say whether it begins anew
    world.answerOf('squeue', { status: 1 });
    await expect(board.remove(idOf(1))).rejects.toMatchObject({ code: 'slurm-unreachable' });
    world.answerOf('squeue', { status: 0 });
    // Slurm has it yet
    board.heard([listedBatch(idOf(1), 'COMPLETING')], 1_250_000);
    living = `berth-job:${idOf(1)}|77\n`;
    await expect(board.remove(idOf(1))).rejects.toMatchObject({ code: 'job-not-over' });
    // ... and no more, which the list does not say yet
    living = '';
    await board.remove(idOf(1));
    expect(events.at(-1)).toEqual({ type: 'job-forgotten', value: { id: idOf(1) } });
    expect(existsSync(root)).toBe(false);
    await board.remove(idOf(1));
    expect((await board.list()).jobs).toEqual([]);
    await expect(board.detail(idOf(1))).rejects.toMatchObject({ code: 'job-unknown' });
  });

  test('one that was submitted while all were being read is not forgotten for not being among them', async () => {
    const { store } = world;
    const ids = store.ids.bind(store);
    const [listed, read] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // a slow file system
    store.ids = async () => {
      const found = await ids();
      listed.resolve();
      await read.promise;
      return found;
    };
    const listing = board.list();
    await listed.promise;
    await board.submit(idOf(2), { path: 'a.ipynb', parameters: {} });
    read.resolve();
    await listing;
    expect(events.map(({ type, value }) => ['id' in value && value.id, type])).toEqual([
      [idOf(1), 'job'],
      [idOf(2), 'job'],
    ]);
  });

  test('a list of Slurm that comes while all are being read is not passed over', async () => {
    const [before, goOn] = await readingSlowly();
    board.heard([listedBatch(idOf(1), 'RUNNING')], 1_150_000);
    const after = board.list();
    goOn();
    expect((await before).jobs).toMatchObject([{ state: 'queued' }]);
    expect((await after).jobs).toMatchObject([{ state: 'starting' }]);
  });

  test('one that was removed while all were being read does not come back', async () => {
    await wrote(idOf(1), { state: 'completed', ended: new Date(1_200_000).toISOString() });
    await board.list();
    const [listing, goOn] = await readingSlowly();
    await board.remove(idOf(1));
    goOn();
    expect((await listing).jobs).toEqual([]);
    expect(events.at(-1)).toEqual({ type: 'job-forgotten', value: { id: idOf(1) } });
  });

  test('removed by another program of the person`s it is told as well', async () => {
    await world.store.remove(idOf(1));
    await board.list();
    expect(events.at(-1)).toEqual({ type: 'job-forgotten', value: { id: idOf(1) } });
  });
});

describe('output and log', () => {
  beforeEach(async () => {
    await world.notebook('a.ipynb');
    await board.submit(idOf(1), { path: 'a.ipynb', parameters: {} });
  });

  test('none before it has begun', async () => {
    await expect(board.output(idOf(1), 0)).rejects.toMatchObject({ code: 'job-output-missing' });
    expect(await board.log(idOf(1), 0, 0)).toEqual({ text: '', next: 0, attempt: -1, more: false });
    await writeFile(join(world.store.paths(idOf(1)).root, 'slurm.out'), 'python3: not found\n');
    expect((await board.log(idOf(1), 0, 0)).text).toBe('python3: not found\n');
  });
  test('its bytes are given as they are: nothing is read of what may be large, or nested without end', async () => {
    await wrote(idOf(1), { state: 'running' });
    const text = '['.repeat(100_000);
    await writeFile(join(world.store.paths(idOf(1)).elements, '0/attempt-0/output.ipynb'), text);
    expect(await board.output(idOf(1), 0)).toMatchObject({ attempt: 0, notebook: Buffer.from(text) });
  });
  test('a link is not followed (T41)', async () => {
    await wrote(idOf(1), { state: 'running' });
    const place = join(world.store.paths(idOf(1)).elements, '0/attempt-0');
    await symlink(join(world.directory, 'a.ipynb'), join(place, 'output.ipynb'));
    await writeFile(join(world.directory, 'secret'), 'secret');
    await symlink(join(world.directory, 'secret'), join(place, 'log.txt'));
    await expect(board.output(idOf(1), 0)).rejects.toMatchObject({ code: 'job-output-missing' });
    await expect(board.log(idOf(1), 0, 0)).rejects.toMatchObject({ code: 'job-log-unreadable' });
  });
  test('no element beyond those that there are', async () => {
    await expect(board.log(idOf(1), 1, 0)).rejects.toMatchObject({ code: 'job-unknown' });
    await expect(board.output(idOf(1), 1)).rejects.toMatchObject({ code: 'job-unknown' });
  });
});
