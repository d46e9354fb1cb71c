/** A launcher, the user server and the person, on a real cluster. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Resources } from '@berth/schema';
import { until } from '../cluster/until.ts';
import type { DrivenKernel, Driver } from '../jupyter/driver.ts';
import { countedSlurm, type CountedSlurm } from './counted-slurm.ts';
import { siteUp, type Site } from './site.ts';
import { UserServer } from './user-server.ts';

jest.setTimeout(90_000);

const INTERVAL = 5;
const SMALL = Resources.parse({ cpus: 1, memory: '400M', time: '10' });

let slurm: CountedSlurm;
let site: Site;
let server: UserServer;
let driver: Driver;
let python: string;
let number = 0;
let notebook: string;
beforeAll(async () => {
  slurm = await countedSlurm();
  const config = {
    slurm: { addresses: ['127.0.0.1'], queryInterval: INTERVAL, binDirectory: slurm.directory },
  };
  site = await siteUp({ nodes: 1, people: ['alice', 'bob'], config });
  python = await site.kernel('venv-python');
  server = await UserServer.start(site);
  driver = await site.driver();
}, 180_000);
afterAll(async () => {
  await server?.dispose();
  await site?.down();
  await slurm?.remove();
}, 60_000);
beforeEach(async () => {
  notebook = `${++number}.ipynb`;
  await writeFile(join(server.root, notebook), '{}');
});
afterEach(async () => {
  await site.run(['scancel', '--me']);
});

const givenUp = (kernel: DrivenKernel): Promise<number> =>
  kernel.givenUp().catch(async (cause: unknown) => {
    throw new Error(`Jupyter has not given up\n${await kernel.log()}`, { cause });
  });
const start = (options: { autorestart?: number } = {}): Promise<DrivenKernel> =>
  driver.launch(python, { ...options, env: server.environment(driver, notebook) });
const agree = (resources = SMALL): Promise<unknown> =>
  server.ask('PUT', '/v1/wishes', { path: notebook, kernel: python, resources });
const queue = async (...args: string[]): Promise<string[]> => {
  const { stdout } = await site.run(['/usr/bin/squeue', '--noheader', '--me', ...args]);
  return stdout.split('\n').filter((line) => line !== '');
};
const jobsEver = async (): Promise<number> => (await queue('--states=all')).length;

/** bob's job takes all that there is; gives the verb that ends it. */
async function hog(): Promise<() => Promise<void>> {
  const options = ['--parsable', '--exclusive', '--mem=0', '--time=10', '--output=/dev/null'];
  const job = (await site.run(['sbatch', ...options, '--wrap=sleep 1000'], { who: 'bob' })).stdout.trim();
  const running = async (): Promise<boolean> =>
    (await site.run(['/usr/bin/squeue', '--noheader', '--states=R', `--jobs=${job}`], { who: 'bob' }))
      .stdout !== '';
  if (!(await until(running, 10_000))) throw new Error(`the job ${job} of the fixture does not run`);
  return async () => {
    await site.run(['scancel', job], { who: 'bob' });
  };
}

describe('before a job is submitted', () => {
  test('the person is asked, and until then nothing is; then it runs with what was chosen', async () => {
    const before = await jobsEver();
    const kernel = await start();
    const story = await server.inState(notebook, 'asking');
    expect(story).toMatchObject({ kernel: python, path: notebook });
    await sleep(1500); // nothing announces that nothing happens
    expect(await jobsEver()).toBe(before);
    expect(await kernel.log()).toContain('waits for your word, in JupyterLab');
    await server.answer(story.id, { start: true, resources: { ...SMALL, memory: '450M' } });
    await kernel.ready();
    const job = (await kernel.output('import os; print(os.environ["SLURM_JOB_ID"], end="")')).trim();
    expect(await queue('--format=%A %m %k')).toEqual([`${job} 450M berth:${story.id}`]);
    expect((await server.inState(notebook, 'ready')).launch).toMatchObject({ jobId: job });
    const { allocations } = await server.allocations();
    const seen = await until(
      async () => (await server.allocations()).allocations.some(({ allocation }) => allocation.jobId === job),
      10_000,
    );
    expect([seen, allocations.length <= 1]).toEqual([true, true]);
    expect((await server.allocations()).allocations).toMatchObject([
      { memory: '450M', timeLimit: 600, kernels: [{ launch: story.id, path: notebook }] },
    ]);

    // a restart of the same goes at once
    await kernel.restart({ now: true });
    expect(await kernel.output('print(6 * 7)')).toBe('42\n');
    await kernel.shutdown();
    await server.inState(notebook, 'ended');
  });

  test('a no is told, and nothing is submitted, by automatic restarts neither', async () => {
    const before = await jobsEver();
    const kernel = await start({ autorestart: 0.5 });
    const { id } = await server.inState(notebook, 'asking');
    await server.answer(id, { start: false });
    await givenUp(kernel);
    expect(await kernel.log()).toContain('you did not agree to a job');
    expect(await kernel.log()).toContain('Not started again by itself.');
    expect(await jobsEver()).toBe(before);
    expect((await server.launches()).filter(({ path }) => path === notebook)).toMatchObject([
      { id, launch: { state: 'failed' } },
    ]);
    await kernel.shutdown(true);
  });

  test('a shutdown of one that asks leaves nothing', async () => {
    const kernel = await start();
    await server.inState(notebook, 'asking');
    await kernel.shutdown(true);
    expect(
      await until(async () => (await server.launches()).every(({ path }) => path !== notebook), 5000),
    ).toBe(true);
  });

  test('a server that was killed asks again when it is back', async () => {
    const kernel = await start();
    await server.inState(notebook, 'asking');
    await server.kill();
    await server.run();
    const { id } = await server.inState(notebook, 'asking', 5000);
    await server.answer(id, { start: true, resources: SMALL });
    await kernel.ready();
    await kernel.shutdown();
  });

  test('without a server nobody can be asked: a named failure within 10 s, nothing submitted', async () => {
    const before = await jobsEver();
    await server.kill();
    try {
      const kernel = await start();
      const began = performance.now();
      expect(await kernel.ended(15)).toBe(69);
      expect(performance.now() - began).toBeLessThan(11_500);
      expect(await kernel.log()).toMatch(/berth: Nobody could be asked .+\nberth: Nothing was submitted/);
      expect(await jobsEver()).toBe(before);
      await kernel.shutdown(true);
    } finally {
      await server.run();
    }
  });

  test('another client`s start is its own permission: papermill in a terminal of this Jupyter asks nobody', async () => {
    const env = { ...server.environment(driver, notebook), BERTH_SERVER_PARENT: '1' };
    const kernel = await driver.kernel(python, { env });
    expect((await server.launches()).every(({ path }) => path !== notebook)).toBe(true);
    await kernel.shutdown();
  });
});

describe('once it runs', () => {
  test('a server that is killed and comes back knows it again; the kernel notices nothing', async () => {
    await agree();
    const kernel = await start();
    await kernel.ready();
    const { id, launch } = await server.inState(notebook, 'ready');
    const execution = await kernel.send(
      'import time\nfor i in range(40): time.sleep(.1)\nprint("all the time")',
    );
    await server.kill();
    await server.run();
    expect(await server.inState(notebook, 'ready', 5000)).toMatchObject({ id, launch });
    expect((await kernel.collect(execution)).stdout).toBe('all the time\n');
    await kernel.shutdown();
    expect((await server.inState(notebook, 'ended')).launch).toMatchObject({
      outcome: { kind: 'exited', status: 0 },
    });
  });

  test('cancelled by the person: told so, and not started again until there is a newer wish', async () => {
    await agree();
    const kernel = await start({ autorestart: 0.5 });
    await kernel.ready();
    const before = await jobsEver();
    const { id } = await server.inState(notebook, 'ready');
    await server.cancel(id);
    await givenUp(kernel);
    expect(await kernel.log()).toContain('berth: Cancelled by you, in JupyterLab.');
    expect(await kernel.log()).toContain('Not started again by itself.');
    expect(await jobsEver()).toBe(before);
    expect(await server.launches()).toContainEqual(
      expect.objectContaining({
        id,
        launch: { state: 'ended', outcome: expect.objectContaining({ kind: 'cancelled' }) },
      }),
    );
    await agree();
    await kernel.restart({ now: true });
    expect(await kernel.output('print(6 * 7)')).toBe('42\n');
    await kernel.shutdown();
  });

  test('the end of its allocation, by the panel: the job is cancelled, and that is told', async () => {
    await agree();
    const kernel = await start();
    await kernel.ready();
    const story = await server.inState(notebook, 'ready');
    const jobId = 'jobId' in story.launch ? story.launch.jobId : undefined;
    await server.ask('DELETE', `/v1/allocations/${jobId}`);
    expect(await kernel.ended()).toBe(143);
    expect((await server.inState(notebook, 'ended')).launch).toMatchObject({
      outcome: { kind: 'cancelled' },
    });
    await expect(server.ask('DELETE', '/v1/allocations/999999')).rejects.toThrow('allocation-unknown');
    await kernel.shutdown(true);
  });

  test('bob`s job, and one of alice`s own that Berth did not make, cannot be ended here', async () => {
    const [own, bobs] = await Promise.all(
      (['alice', 'bob'] as const).map(async (who) => {
        const argv = ['sbatch', '--parsable', '--mem=50M', '--output=/dev/null', '--wrap=sleep 100'];
        return (await site.run(argv, { who })).stdout.trim();
      }),
    );
    for (const job of [own, bobs])
      await expect(server.ask('DELETE', `/v1/allocations/${job}`)).rejects.toThrow('allocation-unknown');
    expect(await queue('--format=%A')).toContain(own);
    await site.run(['scancel', '--me'], { who: 'bob' });
  });
});

describe('while it waits for Slurm', () => {
  let release: () => Promise<void>;
  beforeAll(async () => {
    release = await hog();
  }, 30_000);
  afterAll(() => release());

  test('Slurm`s reason in words; cancel gives the job back, and nothing is submitted again', async () => {
    await agree();
    const kernel = await start({ autorestart: 0.5 });
    const told = await server.launch(
      notebook,
      ({ launch }) => launch.state === 'queued' && launch.jobId !== undefined,
    );
    expect(told.launch).toMatchObject({ reason: expect.stringMatching(/.+ \((?:Resources|Priority)\)/) });
    expect(await kernel.log()).toMatch(/berth: job \d+ is queued: .+ \((?:Resources|Priority)\)/);
    const before = await jobsEver();
    await server.cancel(told.id);
    expect(await until(async () => (await queue()).length === 0, 4000)).toBe(true);
    await givenUp(kernel);
    expect(await jobsEver()).toBe(before);
    expect(await kernel.log()).toContain('berth: Cancelled by you, in JupyterLab.');
    await kernel.shutdown(true);
  });

  test(`twenty that wait: Slurm is asked for all of them at once, at most once in ${INTERVAL} s`, async () => {
    await agree();
    const page = await server.listen();
    const from = Date.now();
    const kernels = await Promise.all(Array.from({ length: 20 }, () => start()));
    const waiting = async (): Promise<number> => {
      const launches = (await server.launches()).filter(({ path }) => path === notebook);
      return launches.filter(({ launch }) => launch.state === 'queued' && launch.jobId !== undefined).length;
    };
    expect(await until(async () => (await waiting()) === 20, 40_000, 200)).toBe(true);
    await sleep(3 * INTERVAL * 1000 - Math.min(Date.now() - from, 12_000)); // the rhythm is what is tested
    const calls = (await slurm.calls()).filter((at) => at >= from);
    const gaps = calls.slice(1).map((at, index) => at - (calls[index] ?? 0));
    expect(calls.length).toBeGreaterThan(0);
    // a process starts a little later than it was asked to
    expect(gaps.filter((gap) => gap < INTERVAL * 1000 - 200)).toEqual([]);
    page.close();
    await Promise.all(kernels.map((kernel) => kernel.shutdown(true)));
    expect(await until(async () => (await queue()).length === 0, 10_000)).toBe(true);
  });

  test('at rest with nobody there Slurm is not asked at all', async () => {
    await sleep(INTERVAL * 1000);
    const before = (await slurm.calls()).length;
    await sleep(2 * INTERVAL * 1000);
    expect((await slurm.calls()).length).toBe(before);
  });
});

describe('the socket of the launchers', () => {
  const dial = async (who: 'alice' | 'bob'): Promise<string> => {
    const code = `const s = require('node:net').connect(${JSON.stringify(join(server.directory, 'launch.sock'))});
s.on('connect', () => { console.log('connected'); process.exit(0); }).on('error', (e) => { console.log(e.code); process.exit(0); });`;
    const node = join(site.berth, '../../lib/node');
    return (await site.run([node, '-e', code], { who })).stdout.trim();
  };
  test('bob cannot connect, nor when alice`s directory stands open (T6); negative control: both open', async () => {
    expect(await dial('alice')).toBe('connected');
    expect(await dial('bob')).toBe('EACCES');
    const { chmod } = await import('node:fs/promises');
    try {
      await chmod(server.directory, 0o777);
      expect(await dial('bob')).toBe('EACCES');
      await chmod(join(server.directory, 'launch.sock'), 0o777);
      expect(await dial('bob')).toBe('connected');
    } finally {
      await chmod(join(server.directory, 'launch.sock'), 0o600);
      await chmod(server.directory, 0o700);
    }
  });
  test('a launcher does not talk to a directory into which others may write (T5)', async () => {
    const { chmod } = await import('node:fs/promises');
    await chmod(server.directory, 0o777);
    try {
      const kernel = await start();
      expect(await kernel.ended(5)).toBe(69);
      expect(await kernel.log()).toContain('others may write in');
      await kernel.shutdown(true);
    } finally {
      await chmod(server.directory, 0o700);
    }
  });
});

test('a time limit is told in words, and nothing is submitted again', async () => {
  await agree(Resources.parse({ cpus: 1, memory: '400M', time: '1' }));
  const kernel = await start({ autorestart: 0.5 });
  await kernel.ready();
  const before = await jobsEver();
  const story = await server.inState(notebook, 'ended', 140_000);
  expect(story.launch).toMatchObject({
    outcome: { kind: 'time-limit', sentence: expect.stringContaining('reached its time limit') },
  });
  await givenUp(kernel);
  expect(await jobsEver()).toBe(before);
  await kernel.shutdown(true);
}, 180_000);
