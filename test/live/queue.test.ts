import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { until } from '../cluster/until.ts';
import type { Driver } from '../jupyter/driver.ts';
import { JupyterServer } from '../jupyter/jupyter-server.ts';
import { writeNotebook } from './notebook.ts';
import { siteUp, type Site } from './site.ts';

jest.setTimeout(60_000);

/** Seconds that the kernels wait: well beyond the 60 after which Jupyter's clients give up when they are not told otherwise. */
const WAIT = 150;

let site: Site;
let python: string;
beforeAll(async () => {
  site = await siteUp({ nodes: 1, people: ['alice', 'bob'] });
  python = await site.kernel('venv-python');
}, 120_000);
afterAll(() => site?.down(), 60_000);

/** bob's job takes all that there is; gives the verb that ends it. */
async function hog(): Promise<() => Promise<void>> {
  const options = [
    '--parsable',
    '--exclusive',
    '--mem=0',
    '--time=10',
    '--output=/dev/null',
    '--wrap=sleep 1000',
  ];
  const job = (await site.run(['sbatch', ...options], { who: 'bob' })).stdout.trim();
  const running = async (): Promise<boolean> =>
    (await site.run(['squeue', '--noheader', '--states=R', `--jobs=${job}`], { who: 'bob' })).stdout !== '';
  if (!(await until(running, 30_000))) throw new Error(`the job ${job} of the fixture does not run`);
  return async () => {
    await site.run(['scancel', job], { who: 'bob' });
  };
}

const waiting = async (): Promise<number> => {
  const { stdout } = await site.run(['squeue', '--noheader', '--states=PD', '--me']);
  return stdout.split('\n').filter((line) => line !== '').length;
};

describe('while it waits', () => {
  let release: () => Promise<void>;
  let driver: Driver;
  beforeAll(async () => {
    release = await hog();
    driver = await site.driver();
  });
  afterAll(() => release());

  test('the log says why, and a shutdown gives the job back', async () => {
    const kernel = await driver.launch(python);
    expect(await until(async () => (await kernel.log()).includes('is queued'), 10_000)).toBe(true);
    expect(await kernel.log()).toMatch(/berth: job \d+ is queued: .+ \((?:Resources|Priority)\)/);
    await kernel.shutdown();
    await site.untilClean(2000);
  });

  test('an interrupt does not end the wait', async () => {
    const kernel = await driver.launch(python);
    expect(await until(async () => (await waiting()) === 1, 10_000)).toBe(true);
    await kernel.interrupt();
    await kernel.interrupt();
    await sleep(500); // nothing announces that nothing happens
    expect(await waiting()).toBe(1);
    await kernel.shutdown(true);
    await site.untilClean(2000);
  });

  test('SIGKILL of the launcher gives the job back', async () => {
    const kernel = await driver.launch(python);
    expect(await until(async () => (await waiting()) === 1, 10_000)).toBe(true);
    process.kill(kernel.pid, 'SIGKILL');
    await kernel.ended();
    await site.untilClean(2000);
    await kernel.shutdown(true);
  });

  test('SIGKILL of the client gives the job back', async () => {
    const other = await site.driver();
    await other.launch(python);
    expect(await until(async () => (await waiting()) === 1, 10_000)).toBe(true);
    other.process.kill('SIGKILL');
    await site.untilClean(2000);
  });

  test('scancel is told, and nothing is submitted again', async () => {
    const kernel = await driver.launch(python, { autorestart: 0.5 });
    expect(await until(async () => (await waiting()) === 1, 10_000)).toBe(true);
    await site.run(['scancel', '--me']);
    expect(await kernel.ended()).toBe(143);
    expect(await kernel.log()).toMatch(/berth: Job \d+ was cancelled\./);
    await kernel.givenUp();
    await site.untilClean(2000);
  });
});

test(
  `after ${WAIT} s in the queue the notebooks run, with the clients’ documented settings`,
  async () => {
    const release = await hog();
    const began = performance.now();
    const area = site.person('alice');
    const cells = ['import os; print(os.environ["SLURM_JOB_ID"])'];
    const [one, two] = [await writeNotebook(area, python, cells), await writeNotebook(area, python, cells)];
    const patience = { timeoutMs: (WAIT + 60) * 1000 };
    const nbclient = site.run(
      ['jupyter', 'execute', '--inplace', '--startup_timeout=600', one.path],
      patience,
    );
    const papermill = site.run(['papermill', '--start-timeout=600', two.path, `${two.path}.out`], patience);
    const server = await JupyterServer.start(area, ['--MappingKernelManager.kernel_info_timeout=600']);
    try {
      const answer = server.execute(await server.startKernel(python), 'print(6 * 7)');
      expect(await until(async () => (await waiting()) === 3, 20_000)).toBe(true);
      await sleep(WAIT * 1000 - (performance.now() - began)); // the wait is what is tested
      expect(await waiting()).toBe(3);
      await release();
      expect(await answer).toBe('42\n');
      expect(await nbclient).toMatchObject({ status: 0 });
      expect(await papermill).toMatchObject({ status: 0 });
      expect(await one.outputOf(one.path)).toMatch(/^\d+\n$/);
      expect(await two.outputOf(`${two.path}.out`)).toMatch(/^\d+\n$/);
      expect(server.log).toMatch(/berth: job \d+ is queued: .+; Slurm expects it to start at 20\d\d-/);
    } finally {
      await server.dispose();
      await release();
    }
    await site.untilClean(3000);
  },
  (WAIT + 120) * 1000,
);
