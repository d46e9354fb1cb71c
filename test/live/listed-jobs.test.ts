import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { beginAnew } from './begin-anew.ts';
import { writeNotebook } from './notebook.ts';
import { siteUp, type Site } from './site.ts';
import { Submitted } from './submitted.ts';

jest.setTimeout(120_000);

let site: Site;
let python: string;
let jobs: Submitted;
beforeAll(async () => {
  site = await siteUp({
    extraSlurmConf: ['MinJobAge=10', 'PartitionName=hidden Nodes=ALL Hidden=YES MaxTime=10 State=UP'],
    config: {
      profiles: {
        test: { resources: { cpus: 1, memory: '500M', time: '10' } },
        hidden: { resources: { partition: 'hidden', cpus: 1, memory: '500M', time: '5' } },
      },
    },
  });
  python = await site.kernel('venv-python');
  jobs = new Submitted(site);
}, 180_000);
afterAll(() => site?.down(), 60_000);

test('one that Slurm begins anew has an attempt for each time, and none overwrites another (F5)', async () => {
  const cells = ['import time\nprint("begun", time.time(), flush=True)', 'time.sleep(600)'];
  const { path } = await writeNotebook(site.person('alice'), python, cells);
  const id = await jobs.submit(path);
  const first = await jobs.when(id, ({ elements }) => elements[0]?.cells?.done === 1);
  const output = first.elements[0]?.file ?? '';
  const kept = await readFile(output, 'utf8');
  await site.run(['scontrol', 'requeue', first.jobId ?? '']);
  await jobs.when(id, ({ elements }) => elements[0]?.state === 'queued');
  await beginAnew(site, first.jobId ?? '');
  const second = await jobs.when(
    id,
    ({ elements }) => elements[0]?.attempts === 2 && elements[0].cells?.done === 1,
  );
  expect(second.state).toBe('running');
  expect(second.elements[0]?.file).toContain('attempt-1');
  const cellsOf = (text: string): unknown =>
    (JSON.parse(text) as { cells: { outputs: unknown }[] }).cells[0]?.outputs;
  expect(cellsOf(await readFile(output, 'utf8'))).toEqual(cellsOf(kept));
  expect((await jobs.run('cancel', id)).status).toBe(0);
  expect(await jobs.over(id)).toMatchObject({ state: 'cancelled' });
  await site.untilClean(15_000);
  await jobs.untilForgotten();
  expect(await jobs.show(id)).toMatchObject({ state: 'cancelled' });
});

test('one that is put back and held waits, and nobody is told that it has ended', async () => {
  const cells = ['print("begun", flush=True)', 'import time; time.sleep(600)'];
  const { path } = await writeNotebook(site.person('alice'), python, cells);
  const id = await jobs.submit(path);
  const { jobId = '' } = await jobs.when(id, ({ elements }) => elements[0]?.cells?.done === 1);
  // a flag beside the state, by which squeue lists it then
  expect((await site.run(['scontrol', 'requeuehold', 'State=SpecialExit', jobId])).status).toBe(0);
  const held = await jobs.when(id, ({ elements }) => elements[0]?.state === 'queued');
  expect(held.elements[0]?.why).toMatch(/^held/);
  // and for as long as it is held
  const listed = ['squeue', '--noheader', '--states=SPECIAL_EXIT', `--jobs=${jobId}`, '--format=%T'];
  expect((await site.run(listed)).stdout).toBe('SPECIAL_EXIT\n');
  expect((await site.run(['squeue', '--noheader', '--states=PENDING', `--jobs=${jobId}`])).stdout).toBe('');
  expect(await jobs.show(id)).toMatchObject({ state: 'queued' });
  expect((await site.run(['scontrol', 'release', jobId])).status).toBe(0);
  await beginAnew(site, jobId);
  await jobs.when(id, ({ elements }) => elements[0]?.attempts === 2 && elements[0].cells?.done === 1);
  expect((await jobs.run('cancel', id)).status).toBe(0);
  expect(await jobs.over(id)).toMatchObject({ state: 'cancelled' });
  await site.untilClean(15_000);
});

test('one in a partition that squeue hides goes on, and ends when it is cancelled', async () => {
  const cells = ['print("begun", flush=True)', 'import time; time.sleep(600)'];
  const { path } = await writeNotebook(site.person('alice'), python, cells);
  const id = await jobs.submit(path, '--profile=hidden');
  const { state, jobId = '' } = await jobs.when(id, ({ elements }) => elements[0]?.cells?.done === 1);
  expect(state).toBe('running');
  expect((await site.run(['squeue', '--noheader', '--me'])).stdout).not.toContain(jobId);
  expect(await jobs.show(id)).toMatchObject({ state: 'running' });
  expect((await jobs.run('rm', id)).status).not.toBe(0);
  expect((await jobs.run('cancel', id)).status).toBe(0);
  expect(await jobs.over(id)).toMatchObject({ state: 'cancelled' });
  await site.untilClean(15_000);
});

test('one that was ended by hand is told as that', async () => {
  const { path } = await writeNotebook(site.person('alice'), python, ['1', 'import time; time.sleep(600)']);
  const id = await jobs.submit(path);
  const { jobId = '' } = await jobs.when(id, ({ elements }) => elements[0]?.cells?.done === 1);
  expect((await site.run(['scancel', jobId])).status).toBe(0);
  expect((await jobs.over(id)).elements[0]).toMatchObject({ state: 'cancelled', why: 'it was cancelled' });
  await site.untilClean(15_000);
});

test('those of a sweep that wait wait, however many single numbers Slurm has to name', async () => {
  const alice = site.person('alice');
  const cells = ['# parameters\nn = 0', 'import time; time.sleep(600)'];
  const { path } = await writeNotebook(alice, python, cells);
  const sweep = join(alice.area, 'many.csv');
  await writeFile(sweep, `n\n${Array.from({ length: 90 }, (_, n) => `${n}\n`).join('')}`, { mode: 0o644 });
  const id = await jobs.submit(path, `--array=${sweep}`);
  const { jobId = '' } = await jobs.when(id, ({ counts }) => (counts['running'] ?? 0) > 0);
  const odd = Array.from({ length: 30 }, (_, n) => `${jobId}_${21 + 2 * n}`);
  expect((await site.run(['scancel', ...odd])).status).toBe(0);
  // of those that had not begun Slurm keeps no record
  const { elements } = await jobs.when(id, ({ counts }) => counts['lost'] === 30);
  const lost = elements.filter(({ state }) => state === 'lost').map(({ index }) => `${jobId}_${index}`);
  expect(lost).toEqual(odd);
  expect(elements.filter(({ state }) => state === 'queued').length).toBeGreaterThanOrEqual(90 - 30 - 20);
  expect((await jobs.run('cancel', id)).status).toBe(0);
  await jobs.over(id);
  await site.untilClean(30_000);
});
