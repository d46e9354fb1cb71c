/** A notebook's cell that calls Slurm, in images that have nothing of it, against the same call outside of any container. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { JobAllocation } from '@berth/schema';
import { until } from '../cluster/until.ts';
import type { DrivenKernel, Driver } from '../jupyter/driver.ts';
import { INVOCATIONS, SCRIPT, type Invocation } from './invocations.ts';
import { siteUp, type Site } from './site.ts';
import { compared, TwoSides } from './two-sides.ts';

jest.setTimeout(90_000);

/** one made by Debian's own means, and one with busybox for all commands */
const IMAGES = ['venv-python', 'busybox-python'] as const;

let site: Site;
let driver: Driver;
let sides: TwoSides;
const kernels = new Map<string, DrivenKernel>();
const outer = new Map<string, readonly string[]>();

beforeAll(async () => {
  site = await siteUp({ images: [...IMAGES], nodes: 1, accounting: { operators: [] } });
  sides = await TwoSides.of(site);
  await sides.write('script.sh', SCRIPT);
  driver = await site.driver();
  for (const image of IMAGES) {
    // two steps at once, as a pipe of them has, need two CPUs outside as well
    const name = await site.variant(await site.kernel(image), `inside-${image}`, (record) => ({
      ...record,
      resources: { ...record.resources, cpus: 3, memory: '1G' },
    }));
    const kernel = await driver.kernel(name, { cwd: sides.directory });
    kernels.set(image, kernel);
    outer.set(image, await sides.variables(kernel, 'python'));
  }
}, 300_000);
afterAll(async () => {
  // first, for steps that still run would write there
  await site?.down();
  await sides?.remove();
}, 60_000);

const kernelOf = (image: string): DrivenKernel => {
  const kernel = kernels.get(image);
  if (kernel === undefined) throw new Error(`no kernel of ${image}`);
  return kernel;
};

test('there are sixty and more', () => {
  expect(INVOCATIONS.length).toBeGreaterThanOrEqual(60);
});

describe.each(IMAGES)('%s', (image) => {
  const nameOf = ({ argv, shell }: Invocation): string => (argv?.join(' ') ?? shell ?? '').slice(0, 70);

  test.each(INVOCATIONS.map((call) => [nameOf(call), call] as const))('%s', async (_name, call) => {
    const theirs = await sides.outside(outer.get(image) ?? [], call);
    expect(compared(await sides.inside(kernelOf(image), call), call)).toEqual(compared(theirs, call));
  });

  test('the stop button ends a running srun', async () => {
    const kernel = kernelOf(image);
    const code = `import subprocess
print(subprocess.Popen(["srun", "--mem=100", "--job-name=stopped", "sh", "-c", "echo begun; exec sleep 300"]).wait())`;
    const running = await kernel.send(code);
    const steps = async (): Promise<string> =>
      (await site.run(['squeue', '--steps', '-h', '-o', '%j'])).stdout;
    expect(await until(async () => (await steps()).includes('stopped'), 10_000)).toBe(true);
    // srun wants it twice within a second, and two that come in one moment are one
    const ended = async (): Promise<boolean> => {
      await kernel.interrupt();
      return !(await steps()).includes('stopped');
    };
    expect(await until(ended, 20_000, 300)).toBe(true);
    expect((await kernel.collect(running)).status).toBe('error');
    // the last of them may come late, into the next cell
    const atRest = (): Promise<boolean> =>
      kernel.output('print(1)', 5).then(
        (said) => said === '1\n',
        (error: Error) => {
          if (!/KeyboardInterrupt|TimeoutError/.test(error.message)) throw error;
          return false;
        },
      );
    expect(await until(atRest, 30_000)).toBe(true);
  });

  test('what a job starts runs in the image, and can start more', async () => {
    const script = [
      '#!/opt/env/bin/python3',
      '#SBATCH --mem=100',
      'import os, subprocess, sys',
      'print(sys.prefix, os.path.exists("/run/munge"), flush=True)',
      'subprocess.run(["srun", "python3", "-c", "import sys; print(sys.prefix)"])',
      'if "again" in sys.argv: subprocess.run(["sbatch", "-Q", "--wait", "-o", sys.argv[2], "more.sh", "last"])',
    ].join('\n');
    const kernel = kernelOf(image);
    await kernel.output(`open("more.sh", "w").write(${JSON.stringify(`${script}\n`)})`);
    await kernel.output(
      'import subprocess; subprocess.run(["sbatch", "-Q", "--wait", "-o", "one", "more.sh", "again", "two"], check=True)',
    );
    const said = '/opt/env False\n/opt/env\n';
    expect(await kernel.output('print(open("one").read(), open("two").read(), sep="|", end="")')).toBe(
      `${said}|${said}`,
    );
  });

  test('without an image where it is asked for', async () => {
    const { stdout } = await sides.inside(kernelOf(image), {
      argv: ['srun', '--mem=100', '--berth-image=none', 'ls', '/run/berth'],
    });
    expect(stdout).toBe('');
    const within = await sides.inside(kernelOf(image), { argv: ['srun', '--mem=100', 'ls', '/run/berth'] });
    expect(within.stdout).toContain('allocation.json');
  });

  test('allocation.json tells the job and its end', async () => {
    const read = async (): Promise<JobAllocation> =>
      JobAllocation.parse(
        JSON.parse(await kernelOf(image).output('print(open("/run/berth/allocation.json").read())')),
      );
    expect(await until(async () => (await read()).end !== null, 10_000, 300)).toBe(true);
    const told = await read();
    const { stdout } = await site.run(['squeue', '-h', '-j', told.jobId, '-o', '%N|%P|%C|%m|%e']);
    const [nodes, partition, cpus, memory, end = ''] = stdout.trim().split('|');
    expect(told).toMatchObject({ nodes, partition, cpus: Number(cpus), memory });
    expect(Date.parse(told.end ?? '')).toBe(Date.parse(end));
  });
});

test('nothing is left', async () => {
  await driver.dispose();
  await site.untilClean(15_000);
});
