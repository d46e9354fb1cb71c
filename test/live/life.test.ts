import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Driver, DrivenKernel } from '../jupyter/driver.ts';
import { JupyterServer } from '../jupyter/jupyter-server.ts';
import { kernelProcesses, type KernelPart } from './kernel-processes.ts';
import { siteUp, type Site } from './site.ts';

jest.setTimeout(60_000);

const TRACKINGS = ['linuxproc', 'cgroup'] as const;
type Tracking = (typeof TRACKINGS)[number];
const sites = new Map<Tracking, Site>();
/** bob's kernels with a time limit of one minute, which runs out while the other tests are at work */
const limited = new Map<Tracking, DrivenKernel>();

beforeAll(async () => {
  for (const tracking of TRACKINGS) {
    const cgroup = tracking === 'cgroup';
    // a third node: with a control group's real CPUs two are soon full
    const site = await siteUp({ people: ['alice', 'bob'], cgroup, ...(cgroup && { nodes: 3 }) });
    sites.set(tracking, site);
    const short = await site.variant(
      await site.kernel('venv-python'),
      'one-minute',
      (record) => ({ ...record, resources: { ...record.resources, time: '1' } }),
      'bob',
    );
    limited.set(tracking, await (await site.driver('bob')).kernel(short, { autorestart: 1 }));
  }
}, 180_000);
afterAll(async () => {
  for (const site of sites.values()) await site.down();
}, 60_000);

describe.each(TRACKINGS)('under proctrack/%s', (tracking) => {
  let site: Site;
  let python: string;
  let driver: Driver;

  beforeAll(async () => {
    site = sites.get(tracking) as Site;
    python = await site.kernel('venv-python');
  });
  beforeEach(async () => {
    driver = await site.driver();
  });
  afterEach(() => site.sweep());

  const jobOf = async (kernel: DrivenKernel): Promise<string> =>
    await kernel.output('import os; print(os.environ["SLURM_JOB_ID"], end="")');
  const jobsEver = async (): Promise<number> =>
    (await site.run(['squeue', '--noheader', '--states=all', '--me'])).stdout.split('\n').length - 1;

  describe('an end from inside', () => {
    test.each([
      ['an orderly shutdown', null, 0, /the kernel runs\n$/],
      ['exit status 3', 'import os; os._exit(3)', 3, /berth: The kernel ended with exit status 3\./],
      ['segmentation fault', 'import ctypes; ctypes.string_at(0)', 139, /SIGSEGV: segmentation fault/],
      ['SIGKILL', 'import os, signal; os.kill(os.getpid(), 9)', 137, /SIGKILL: it was killed/],
    ] as const)('%s', async (_, code, status, said) => {
      const kernel = await driver.kernel(python);
      if (code === null) await kernel.shutdown();
      else await kernel.send(code);
      expect(await kernel.ended()).toBe(status);
      await site.untilClean(2000);
      expect(await kernel.log()).toMatch(said);
      await kernel.shutdown(true);
    });
  });

  describe('kill -9', () => {
    // what the client's log must say; null: nobody is left to say anything
    const parts: readonly (readonly [KernelPart, number, RegExp | null])[] = [
      ['launcher', -9, null],
      ['srun', 137, /berth: .*\nberth: /],
      ['place', 137, /Berth's agent on the node ended without a word/],
      ['agent', 137, /Berth's agent on the node ended without a word/],
      ['holder', 71, /berth: The container of the kernel on \S+ is gone: .*\nberth: Start/],
      ['squashfuse', 71, /berth: The container of the kernel on \S+ is gone: .*\nberth: Start/],
      ['kernel', 137, /The kernel ended by SIGKILL: it was killed/],
    ];
    test.each(parts)(
      'of the %s, with a child of the kernel in a session of its own',
      async (part, status, said) => {
        const kernel = await driver.kernel(python);
        await kernel.output('import subprocess; subprocess.Popen(["setsid", "-f", "sleep", "1000"])');
        const processes = await kernelProcesses(kernel.pid, site.berth, site.person('alice').user);
        process.kill(processes[part], 'SIGKILL');
        const ended = await kernel.ended();
        // ours is gone in 0.3 s; slurmstepd then tries for 2.5 s to tell an srun that is dead, and the job is completing so long
        await site.untilClean(part === 'srun' ? 6000 : 2000);
        if (said) expect(await kernel.log()).toMatch(said);
        expect(ended).toBe(status);
        await kernel.shutdown(true);
      },
    );

    test('of the client', async () => {
      const other = await site.driver();
      await other.kernel(python);
      other.process.kill('SIGKILL');
      await site.untilClean(2000);
    });

    test('of a Jupyter server', async () => {
      const server = await JupyterServer.start(site.person('alice'));
      expect(await server.execute(await server.startKernel(python), 'print(6 * 7)')).toBe('42\n');
      process.kill(server.pid, 'SIGKILL');
      await site.untilClean(2000);
    });

    test('of the launcher, while the kernel is busy and ignores SIGTERM', async () => {
      const kernel = await driver.kernel(python);
      const execution = await kernel.send(
        'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(1, flush=True)\nwhile True: pass',
      );
      await kernel.firstOutput(execution);
      process.kill(kernel.pid, 'SIGKILL');
      await kernel.ended();
      await site.untilClean(2000);
      await kernel.shutdown(true);
    });

    test('of the launcher, at once', async () => {
      const kernel = await driver.launch(python);
      process.kill(kernel.pid, 'SIGKILL');
      await kernel.ended();
      await site.untilClean(2000);
      await kernel.shutdown(true);
    });
  });

  test('a shutdown that a busy kernel ignores is carried out', async () => {
    const kernel = await driver.kernel(python);
    const execution = await kernel.send(
      'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(1, flush=True)\nwhile True: pass',
    );
    await kernel.firstOutput(execution);
    await kernel.shutdown(true);
    await site.untilClean(2000);
  });

  test('a grandchild in a session of its own goes with the kernel', async () => {
    const kernel = await driver.kernel(python);
    await kernel.output('import subprocess; subprocess.Popen(["setsid", "-f", "sleep", "1000"])');
    await kernel.shutdown();
    await site.untilClean(2000);
  });

  describe('an end by Slurm', () => {
    test('scancel of the job: said so, and an automatic restart submits nothing', async () => {
      const kernel = await driver.kernel(python, { autorestart: 0.5 });
      const job = await jobOf(kernel);
      const before = await jobsEver();
      await site.run(['scancel', job]);
      expect(await kernel.ended()).toBe(143);
      await site.untilClean(2000);
      expect(await kernel.log()).toContain(`berth: Job ${job} was cancelled.`);
      await kernel.givenUp();
      expect(await kernel.log()).toContain('Not started again by itself.');
      expect(await jobsEver()).toBe(before);
      await kernel.shutdown(true);
      await site.untilClean(2000);
    });

    test('scancel of the step', async () => {
      const kernel = await driver.kernel(python);
      const job = await jobOf(kernel);
      const step = await kernel.output('import os; print(os.environ["SLURM_STEP_ID"], end="")');
      await site.run(['scancel', `${job}.${step}`]);
      const ended = await kernel.ended();
      await site.untilClean(2000);
      // Slurm keeps no record of a step's end without accounting: its own last words must do
      expect(await kernel.log()).toMatch(
        /berth: .*\*\*\* STEP \S+ ON \S+ CANCELLED AT|berth: .* was cancelled/,
      );
      expect([137, 143]).toContain(ended);
      await kernel.shutdown(true);
    });
  });

  if (tracking === 'cgroup') {
    test('out of memory is told with the limit', async () => {
      const kernel = await driver.kernel(python);
      await kernel.send('x = bytearray(2 << 30)');
      expect(await kernel.ended()).toBe(137);
      await site.untilClean(2000);
      expect(await kernel.log()).toContain(
        'berth: The kernel ran out of memory, limit 0.5 GB.\nberth: Choose',
      );
      await kernel.shutdown(true);
    });
  }
});

test.each(TRACKINGS)(
  'the time limit under proctrack/%s: said so, nothing left, nothing submitted again',
  async (tracking) => {
    const site = sites.get(tracking) as Site;
    const kernel = limited.get(tracking) as DrivenKernel;
    expect(await kernel.ended(130)).toBe(143);
    await site.untilClean(2000, 'bob');
    expect(await kernel.log()).toMatch(/berth: Job \d+ reached its time limit\.\nberth: /);
    await kernel.givenUp();
    const { stdout } = await site.run(['squeue', '--noheader', '--states=all', '--me'], { who: 'bob' });
    expect(stdout.split('\n').length - 1).toBe(1);
  },
  150_000,
);
