import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile, chown } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { until } from '../cluster/until.ts';
import { writeNotebook } from './notebook.ts';
import { processIn } from './process-in.ts';
import { siteUp, type Site } from './site.ts';
import { Submitted } from './submitted.ts';

jest.setTimeout(120_000);

let site: Site;
let python: string;
let jobs: Submitted;
beforeAll(async () => {
  site = await siteUp({
    images: ['venv-python', 'r-kernel'],
    extraSlurmConf: ['MinJobAge=10'],
    config: {
      profiles: {
        test: { resources: { cpus: 1, memory: '500M', time: '10' } },
        big: { resources: { cpus: 2, memory: '600M', time: '7' } },
        minute: { resources: { cpus: 1, memory: '500M', time: '1' } },
        nowhere: { resources: { partition: 'nowhere' } },
      },
    },
  });
  python = await site.kernel('venv-python');
  jobs = new Submitted(site);
}, 180_000);
afterAll(() => site?.down(), 60_000);

const write = async (name: string, text: string): Promise<string> => {
  const { area, user } = site.person('alice');
  const path = join(area, name);
  await writeFile(path, text);
  await chown(path, user.uid, user.gid);
  return path;
};

test('a notebook runs to its end in a job of its own, with its parameters and the resources of a profile', async () => {
  const cells = [
    '# parameters\nx = 1\nname = "none"',
    'import os\nprint(x * 10, repr(name), "SLURM_JOB_ID" in os.environ, os.getcwd())',
    'open("written-by-job", "w").write("there")',
  ];
  const { path, outputOf } = await writeNotebook(site.person('alice'), python, cells);
  const id = await jobs.submit(path, '--param', 'x=7', '--param=name=a "b" $(id)', '--profile=big');
  const job = await jobs.over(id);
  expect(job).toMatchObject({
    state: 'completed',
    // the node as Slurm calls it, which is not how the machine calls itself
    elements: [{ attempts: 1, node: expect.stringMatching(/^b\d+n\d$/), cells: { total: 4, done: 4 } }],
  });
  const file = job.elements[0]?.file ?? '';
  expect(await outputOf(file)).toBe(`70 'a "b" $(id)' True ${site.person('alice').area}\n`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(join(site.person('alice').area, 'written-by-job'), 'utf8')).toBe('there');
  // as open as alice has her files, and not as ours
  expect((await stat(join(site.person('alice').area, 'written-by-job'))).mode & 0o777).toBe(0o644);
  expect((await jobs.run('ls')).stdout).toContain('completed');
  // kept once Slurm lists it no more, which may be a moment later
  expect((await readdir(job.directory)).filter((name) => name !== 'outcome.json').sort()).toEqual([
    'elements',
    'input.ipynb',
    'job.json',
    'jupyter',
    'parameters.json',
    'slurm.json',
    'slurm.out',
  ]);
  await site.untilClean(15_000);
});

test('the cell that failed is told, with its error, and what came before is kept', async () => {
  const cells = ['print("before")', 'raise ValueError("no such colour: mauve")', 'print("after")'];
  const { path, outputOf } = await writeNotebook(site.person('alice'), python, cells);
  const job = await jobs.over(await jobs.submit(path));
  expect(job).toMatchObject({
    state: 'failed',
    elements: [{ error: { name: 'ValueError', message: 'no such colour: mauve', cell: 2 } }],
  });
  expect(await outputOf(job.elements[0]?.file ?? '')).toBe('before\n');
  expect((await jobs.run('show', job.id)).stdout).toContain('ValueError: no such colour: mauve, in cell [2]');
});

test('a sweep: one element for each row; the one that fails is told with its parameters', async () => {
  const cells = ['# parameters\nn = 0\nlabel = ""', 'print(100 // n, label)'];
  const { path, outputOf } = await writeNotebook(site.person('alice'), python, cells);
  const sweep = await write('sweep.csv', 'n,label\n1,"one, and ""only"""\n0,nothing\n4,four\n');
  const id = await jobs.submit(path, '--array', sweep);
  const job = await jobs.over(id);
  expect(job).toMatchObject({ state: 'failed', counts: { completed: 2, failed: 1 } });
  expect(job.elements[1]).toMatchObject({
    state: 'failed',
    parameters: { n: '0', label: 'nothing' },
    error: { name: 'ZeroDivisionError' },
  });
  expect(await outputOf(job.elements[0]?.file ?? '')).toBe('100 one, and "only"\n');
  expect(await outputOf(job.elements[2]?.file ?? '')).toBe('25 four\n');
  await site.untilClean(15_000);
});

test('what ends a run from outside is told as what it was, also when Slurm has forgotten it (F19)', async () => {
  const alice = site.person('alice');
  const sleeper = ['import os, time\nprint(os.getpid(), flush=True)', 'time.sleep(600)'];
  const { path: long } = await writeNotebook(alice, python, sleeper);
  const limited = await jobs.submit(long, '--profile=minute');
  const { path: dying } = await writeNotebook(alice, python, ['import os', 'os.kill(os.getpid(), 9)']);
  const died = await jobs.submit(dying);
  const [driver, supervisor] = [await jobs.submit(long), await jobs.submit(long)];
  const kill = async (id: string, program: string): Promise<void> => {
    const { directory } = await jobs.when(id, ({ elements }) => elements[0]?.cells?.done === 1);
    const pid = processIn(directory, program);
    process.kill(pid, 'SIGKILL');
  };
  await kill(driver, 'berth_papermill.py');
  await kill(supervisor, 'berth_notebook.py');
  expect((await jobs.over(driver)).elements[0]).toMatchObject({
    state: 'failed',
    error: { name: 'runner-lost', message: expect.stringContaining('SIGKILL') },
  });
  // nothing on the node was left to tell it: Slurm's own last word
  expect((await jobs.over(supervisor)).elements[0]).toMatchObject({ state: 'failed' });
  expect((await jobs.over(died)).elements[0]).toMatchObject({
    state: 'failed',
    error: { name: 'kernel-died', message: expect.stringContaining('SIGKILL') },
  });
  expect(await jobs.over(limited, 110_000)).toMatchObject({
    state: 'timed-out',
    elements: [{ why: 'it reached its time limit' }],
  });
  await jobs.untilForgotten();
  for (const [id, state] of [
    [limited, 'timed-out'],
    [died, 'failed'],
    [driver, 'failed'],
    [supervisor, 'failed'],
  ] as const)
    expect([state, (await jobs.show(id)).state]).toEqual([state, state]);
  await site.untilClean(15_000);
}, 180_000);

test('the notebook as it was when it was submitted is run; what becomes of it afterwards does not matter', async () => {
  const { path, outputOf } = await writeNotebook(site.person('alice'), python, ['print("as submitted")']);
  const id = await jobs.submit(path);
  await write(path.split('/').pop() ?? '', '{"no": "notebook any more"}');
  const job = await jobs.over(id);
  expect(await outputOf(job.elements[0]?.file ?? '')).toBe('as submitted\n');
  const again = await jobs.run('submit', path);
  expect([again.status, again.stderr]).toEqual([
    66,
    expect.stringContaining('it is not a notebook of nbformat 4'),
  ]);
});

test('a disk that is full at a save ends no run, and the next save finds room (F9)', async () => {
  const waiting = (name: string): string =>
    `import os, time\nwhile not os.path.exists("${name}"): time.sleep(0.1)`;
  const { path, outputOf } = await writeNotebook(site.person('alice'), python, [
    // what is shown so is in the output, and not in the log
    'from IPython.display import HTML, display\ndisplay(HTML("x" * 200_000))\nprint("begun")',
    waiting('full'),
    waiting('room'),
  ]);
  const id = await jobs.submit(path);
  const { directory, elements } = await jobs.when(id, (job) => job.elements[0]?.cells?.done === 1);
  const driver = String(processIn(directory, 'berth_papermill.py'));
  // no file of it may become longer than that
  const limit = async (bytes: string): Promise<void> => {
    const { status, stderr } = await site.run(['prlimit', '--pid', driver, `--fsize=${bytes}:`]);
    expect([status, stderr]).toEqual([0, '']);
  };
  await limit('100000');
  await write('full', '');
  const log = elements[0]?.log ?? '';
  const said = async (): Promise<boolean> =>
    /the output could not be saved: .*too large/i.test(await readFile(log, 'utf8'));
  expect(await until(said, 20_000)).toBe(true);
  await limit('unlimited');
  await write('room', '');
  const job = await jobs.over(id);
  expect(job).toMatchObject({ state: 'completed', elements: [{ cells: { done: 3 } }] });
  const file = job.elements[0]?.file ?? '';
  expect(await outputOf(file)).toContain('begun\n');
  // its runtime directory goes last
  const left = async (): Promise<string> => (await readdir(dirname(file))).sort().join(' ');
  await until(async () => (await left()) === 'log.txt output.ipynb status.json', 15_000);
  expect(await left()).toBe('log.txt output.ipynb status.json');
});

test('one run of a sweep is cancelled, and the others go on; what is over is removed with its files', async () => {
  const cells = [
    '# parameters\nn = 0',
    'import time, os\nwhile n == 1 or not os.path.exists("sweep-go"): time.sleep(0.1)',
  ];
  const { path } = await writeNotebook(site.person('alice'), python, cells);
  const id = await jobs.submit(path, '--array', await write('two.csv', 'n\n0\n1\n'));
  await jobs.when(id, ({ elements }) => elements.every(({ state }) => state === 'running'));
  expect((await jobs.run('rm', id)).stderr).toContain('has not ended');
  expect((await jobs.run('cancel', id, '--run', '2')).stderr).toContain('numbered from 0 to 1');
  expect((await jobs.run('cancel', id, '--run', '1')).status).toBe(0);
  await jobs.when(id, ({ elements }) => elements[1]?.state === 'cancelled');
  expect((await jobs.show(id)).elements[0]).toMatchObject({ state: 'running' });
  await write('sweep-go', '');
  const job = await jobs.over(id);
  expect(job).toMatchObject({ state: 'cancelled', counts: { completed: 1, cancelled: 1 } });
  await site.untilClean(15_000);
  const removed = await jobs.run('rm', id);
  expect([removed.status, removed.stderr]).toEqual([0, expect.stringContaining('1 removed')]);
  expect((await jobs.run('show', id)).stderr).toContain('There is no job');
  expect(existsSync(job.directory)).toBe(false);
});

test('an image that is not ready yet is made ready by the job', async () => {
  const store = `${site.person('alice').store}-of-jobs`;
  const unmade = await site.variant(python, 'unmade', (record) => ({
    ...record,
    store: { ...record.store, path: store },
  }));
  const { path } = await writeNotebook(site.person('alice'), unmade, ['print("ready")']);
  const job = await jobs.over(await jobs.submit(path));
  expect(job.state).toBe('completed');
  expect(await readFile(job.elements[0]?.log ?? '', 'utf8')).toMatch(
    /berth: job \d+ on \S+: (?:fetching|packing)/,
  );
});

test('a notebook in R, with parameters of its language', async () => {
  const cells = ['# parameters\nx <- 1\nflag <- FALSE', 'cat(x * 6, flag, label)'];
  const { path, outputOf } = await writeNotebook(site.person('alice'), await site.kernel('r-kernel'), cells);
  const id = await jobs.submit(path, '--param=x=7', '--param=flag=true', '--param=label=a "b"');
  const job = await jobs.over(id);
  expect(job.state).toBe('completed');
  expect(await outputOf(job.elements[0]?.file ?? '')).toBe('42 TRUE a "b"');
});

test('without papermill it is refused before anything is submitted, with what to do', async () => {
  const { path } = await writeNotebook(site.person('alice'), python, ['1']);
  const argv = ['env', 'PATH=/usr/bin:/bin', site.berth, 'notebook', 'submit', path];
  const { status, stderr } = await site.run(argv);
  expect([status, stderr]).toEqual([69, expect.stringContaining('pip install papermill')]);
});

test('what Slurm refuses is said in its words, and leaves nothing', async () => {
  const { path } = await writeNotebook(site.person('alice'), python, ['1']);
  const all = async (): Promise<unknown> => JSON.parse((await jobs.run('ls', '--json')).stdout);
  const before = await all();
  const { status, stderr } = await jobs.run('submit', path, '--profile=nowhere');
  expect([status, stderr]).toEqual([75, expect.stringMatching(/Slurm refused the job: .*partition/i)]);
  expect(await all()).toEqual(before);
});
