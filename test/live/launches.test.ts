/** While kernels wait and run: what the user server tells of them, and does, on a real cluster. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Resources } from '@berth/schema';
import { until } from '../cluster/until.ts';
import { AskingSite, INTERVAL } from './asking-site.ts';

jest.setTimeout(90_000);

let here: AskingSite;
beforeAll(async () => {
  here = await AskingSite.up();
}, 180_000);
afterAll(() => here?.down(), 60_000);
beforeEach(() => here.newNotebook());
afterEach(async () => {
  await here.site.run(['scancel', '--me']);
});

describe('once it runs', () => {
  test('a server that is killed and comes back knows it again; the kernel notices nothing', async () => {
    await here.agree();
    const kernel = await here.start();
    await kernel.ready();
    const { id, launch } = await here.server.inState(here.notebook, 'ready');
    const execution = await kernel.send(
      'import time\nfor i in range(40): time.sleep(.1)\nprint("all the time")',
    );
    await here.server.kill();
    await here.server.run();
    expect(await here.server.inState(here.notebook, 'ready', 20_000)).toMatchObject({ id, launch });
    expect((await kernel.collect(execution)).stdout).toBe('all the time\n');
    await kernel.shutdown();
    expect((await here.server.inState(here.notebook, 'ended')).launch).toMatchObject({
      outcome: { kind: 'exited', status: 0 },
    });
  });

  test('cancelled by the person: told so, and not started again until there is a newer wish', async () => {
    await here.agree();
    const kernel = await here.start({ autorestart: 0.5 });
    await kernel.ready();
    const before = await here.jobsEver();
    const { id } = await here.server.inState(here.notebook, 'ready');
    await here.server.cancel(id);
    await here.givenUp(kernel);
    expect(await kernel.log()).toContain('berth: Cancelled by you, in JupyterLab.');
    expect(await kernel.log()).toContain('Not started again by itself.');
    expect(await here.jobsEver()).toBe(before);
    expect(await here.server.launches()).toContainEqual(
      expect.objectContaining({
        id,
        launch: { state: 'ended', outcome: expect.objectContaining({ kind: 'cancelled' }) },
      }),
    );
    await here.agree();
    await kernel.restart({ now: true });
    expect(await kernel.output('print(6 * 7)')).toBe('42\n');

    // the last word in the connection file is in the way of no client
    const file = kernel.connectionFile;
    const { stdout } = await here.site.run(['cat', file]);
    expect(JSON.parse(stdout)).toMatchObject({ berth_outcome: { kind: 'cancelled' } });
    const second = await here.driver.attach(file);
    expect(await second.output('print("second")')).toBe('second\n');
    await here.driver.detach(second);
    const script = join(here.server.root, 'script.py');
    await writeFile(script, 'print("existing")');
    await chmod(script, 0o644);
    const existing = await here.site.run(['jupyter', 'run', `--existing=${file}`, script]);
    expect(existing).toMatchObject({ status: 0, stdout: expect.stringContaining('existing') });
    await kernel.shutdown();
    expect((await here.site.run(['cat', file])).status).toBe(1);
  });

  test('a Slurm that does not answer: the list says so, nothing has ended, and it heals by itself (F1)', async () => {
    await here.agree();
    const kernel = await here.start();
    await kernel.ready();
    const page = await here.server.listen();
    const known = async (): Promise<boolean> => (await here.server.allocations()).allocations.length === 1;
    expect(await until(known, 12_000, 200)).toBe(true);
    const controller = here.site.cluster.pids['slurmctld'] ?? 0;
    process.kill(controller, 'SIGSTOP');
    try {
      const stale = async (): Promise<boolean> => (await here.server.allocations()).stale !== undefined;
      expect(await until(stale, 40_000, 500)).toBe(true);
      expect((await here.server.allocations()).stale).toMatch(/^Slurm does not answer: .+/);
      expect((await here.server.allocations()).allocations).toMatchObject([
        { allocation: { state: 'RUNNING' } },
      ]);
      expect(await kernel.output('print(6 * 7)')).toBe('42\n');
    } finally {
      process.kill(controller, 'SIGCONT');
    }
    const fresh = async (): Promise<boolean> => (await here.server.allocations()).stale === undefined;
    expect(await until(fresh, 20_000, 500)).toBe(true);
    expect((await here.server.inState(here.notebook, 'ready')).path).toBe(here.notebook);
    page.close();
    await kernel.shutdown();
  });

  test('the end of its allocation, by the panel: the job is cancelled, and that is told', async () => {
    await here.agree();
    const kernel = await here.start();
    await kernel.ready();
    const story = await here.server.inState(here.notebook, 'ready');
    const jobId = 'jobId' in story.launch ? story.launch.jobId : undefined;
    await here.server.ask('DELETE', `/v1/allocations/${jobId}`);
    expect(await kernel.ended()).toBe(143);
    expect((await here.server.inState(here.notebook, 'ended')).launch).toMatchObject({
      outcome: { kind: 'cancelled' },
    });
    await expect(here.server.ask('DELETE', '/v1/allocations/999999')).rejects.toThrow('allocation-unknown');
    await kernel.shutdown(true);
  });

  test('bob`s job, and one of alice`s own that Berth did not make, cannot be ended here', async () => {
    const [own, bobs] = await Promise.all(
      (['alice', 'bob'] as const).map(async (who) => {
        const argv = ['sbatch', '--parsable', '--mem=50M', '--output=/dev/null', '--wrap=sleep 100'];
        return (await here.site.run(argv, { who })).stdout.trim();
      }),
    );
    for (const job of [own, bobs])
      await expect(here.server.ask('DELETE', `/v1/allocations/${job}`)).rejects.toThrow('allocation-unknown');
    expect(await here.queue('--format=%A')).toContain(own);
    await here.site.run(['scancel', '--me'], { who: 'bob' });
  });
});

describe('while it waits for Slurm', () => {
  let release: () => Promise<void>;
  beforeAll(async () => {
    release = await here.hog();
  }, 30_000);
  afterAll(() => release());

  test('Slurm`s reason in words; cancel gives the job back, and nothing is submitted again', async () => {
    await here.agree();
    const kernel = await here.start({ autorestart: 0.5 });
    const told = await here.server.launch(
      here.notebook,
      ({ launch }) => launch.state === 'queued' && launch.jobId !== undefined,
    );
    expect(told.launch).toMatchObject({ reason: expect.stringMatching(/.+ \((?:Resources|Priority)\)/) });
    const queued = /berth: job \d+ is queued: .+ \((?:Resources|Priority)\)/;
    // the launcher writes it when the server has told it: a moment after the server knows
    expect(await until(async () => queued.test(await kernel.log()), 10_000)).toBe(true);
    const before = await here.jobsEver();
    await here.server.cancel(told.id);
    expect(await until(async () => (await here.queue()).length === 0, 15_000)).toBe(true);
    await here.givenUp(kernel);
    expect(await here.jobsEver()).toBe(before);
    expect(await kernel.log()).toContain('berth: Cancelled by you, in JupyterLab.');
    await kernel.shutdown(true);
  });

  test(`twenty that wait: Slurm is asked for all of them at once, at most once in ${INTERVAL} s`, async () => {
    await here.agree();
    const page = await here.server.listen();
    const from = Date.now();
    const kernels = await Promise.all(Array.from({ length: 20 }, () => here.start()));
    const waiting = async (): Promise<number> => {
      const launches = (await here.server.launches()).filter(({ path }) => path === here.notebook);
      return launches.filter(({ launch }) => launch.state === 'queued' && launch.jobId !== undefined).length;
    };
    expect(await until(async () => (await waiting()) === 20, 40_000, 200)).toBe(true);
    await sleep(3 * INTERVAL * 1000 - Math.min(Date.now() - from, 12_000)); // the rhythm is what is tested
    const calls = (await here.slurm.calls()).filter((at) => at >= from);
    const intervals = Math.ceil((Date.now() - from) / (INTERVAL * 1000));
    expect(calls.length).toBeGreaterThan(0);
    // counted: each is written down when its process has started, which is now later and now sooner
    expect(calls.length).toBeLessThanOrEqual(1 + intervals);
    page.close();
    await Promise.all(kernels.map((kernel) => kernel.shutdown(true)));
    expect(await until(async () => (await here.queue()).length === 0, 10_000)).toBe(true);
  });

  test('negative control: without a server each launcher asks by itself', async () => {
    const from = Date.now();
    const kernels = await Promise.all([1, 2, 3].map(() => here.driver.launch(here.python)));
    const calls = async (): Promise<number[]> => (await here.slurm.calls()).filter((at) => at >= from);
    expect(await until(async () => (await calls()).length >= 3, 30_000)).toBe(true);
    const [first = 0, , third = 0] = await calls();
    expect(third - first).toBeLessThan(INTERVAL * 1000);
    await Promise.all(kernels.map((kernel) => kernel.shutdown(true)));
    expect(await until(async () => (await here.queue()).length === 0, 10_000)).toBe(true);
  });

  test('at rest with nobody there Slurm is not asked at all', async () => {
    await sleep(INTERVAL * 1000);
    const before = (await here.slurm.calls()).length;
    await sleep(2 * INTERVAL * 1000);
    expect((await here.slurm.calls()).length).toBe(before);
  });
});

test('a time limit is told in words, and nothing is submitted again', async () => {
  await here.agree(Resources.parse({ cpus: 1, memory: '400M', time: '1' }));
  const kernel = await here.start({ autorestart: 0.5 });
  await kernel.ready();
  const before = await here.jobsEver();
  const story = await here.server.inState(here.notebook, 'ended', 140_000);
  expect(story.launch).toMatchObject({
    outcome: { kind: 'time-limit', sentence: expect.stringContaining('reached its time limit') },
  });
  await here.givenUp(kernel);
  expect(await here.jobsEver()).toBe(before);
  await kernel.shutdown(true);
}, 180_000);
