import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { DrivenKernel } from '../jupyter/driver.ts';
import { writeNotebook } from './notebook.ts';
import { siteUp, type Site } from './site.ts';

jest.setTimeout(60_000);

let site: Site;
let python: string;
beforeAll(async () => {
  site = await siteUp({ cgroup: true });
  python = await site.kernel('venv-python');
}, 120_000);
afterAll(() => site?.down(), 60_000);

interface Place {
  readonly job: string;
  readonly step: string;
  readonly node: string;
  readonly cpus: readonly number[];
  readonly told: string;
}

const placeOf = async (kernel: DrivenKernel): Promise<Place> => {
  const code = `import json, os
e = os.environ
print(json.dumps(dict(job=e["SLURM_JOB_ID"], step=e["SLURM_STEP_ID"], node=e["SLURMD_NODENAME"],
  cpus=sorted(os.sched_getaffinity(0)), told=e["SLURM_CPUS_ON_NODE"])))`;
  return JSON.parse(await kernel.output(code)) as Place;
};
/** Ids, states and names of the person's jobs; of steps, their ids. */
const queue = async (...args: string[]): Promise<string[]> => {
  const { stdout } = await site.run(['squeue', '--noheader', '--me', ...args]);
  return stdout.split('\n').filter((line) => line !== '');
};
/** The CPUs that Slurm says it gave the job. */
const cpusOf = async (job: string): Promise<readonly number[]> => {
  const { stdout } = await site.run(['scontrol', 'show', 'job', '--details', job]);
  const list = /CPU_IDs=([0-9,-]+)/.exec(stdout)?.[1] ?? '';
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
};

describe('in a job of its own', () => {
  test.each([1, 2])('with %i CPUs: the kernel may use those of the job and no other', async (count) => {
    const driver = await site.driver();
    const name = await site.variant(python, `cpus-${count}`, (record) => ({
      ...record,
      resources: { ...record.resources, cpus: count },
    }));
    const kernel = await driver.kernel(name);
    const place = await placeOf(kernel);
    expect(await queue('--format=%i %T')).toEqual([`${place.job} RUNNING`]);
    expect(place.cpus).toEqual(await cpusOf(place.job));
    expect(place.cpus).toHaveLength(count);
    expect(place.told).toBe(String(count));
    await driver.dispose();
    await site.untilClean(2000);
  });
});

test('in the shell of a salloc: a step of its own in that job for each kernel', async () => {
  const driver = await site.driver('alice', [
    'salloc',
    '--quiet',
    '--cpus-per-task=2',
    '--mem=600',
    '--time=5',
  ]);
  const kernels = await Promise.all([driver.kernel(python), driver.kernel(python)]);
  const places = await Promise.all(kernels.map(placeOf));
  const [one, two] = places;
  const jobs = await queue('--format=%i');
  expect(jobs).toEqual([one?.job]);
  expect(two?.job).toBe(one?.job);
  expect(two?.step).not.toBe(one?.step);
  expect((await queue('--steps', '--format=%i')).sort()).toEqual(
    expect.arrayContaining(places.map(({ job, step }) => `${job}.${step}`)),
  );
  for (const { cpus, job } of places) expect(cpus).toEqual(await cpusOf(job));
  await kernels[0]?.shutdown();
  expect(await kernels[1]?.output('print("still here")')).toBe('still here\n');
  await driver.dispose();
  await site.untilClean(2000);
});

describe('on a node of a job', () => {
  const inBatch = [
    'srun',
    '--unbuffered',
    '--quiet',
    '--ntasks=1',
    '--cpus-per-task=2',
    '--mem=600',
    '--time=5',
  ];

  test('there, without a further job or step', async () => {
    const driver = await site.driver('alice', inBatch);
    const kernel = await driver.kernel(python);
    const place = await placeOf(kernel);
    expect(await queue('--format=%i')).toEqual([place.job]);
    expect(await queue('--steps', '--format=%i')).toEqual(
      expect.arrayContaining([`${place.job}.${place.step}`]),
    );
    expect((await queue('--steps', '--format=%i')).filter((id) => /\.\d+$/.test(id))).toHaveLength(1);
    expect(place.cpus).toEqual(await cpusOf(place.job));
    const execution = await kernel.send('kept = 1; print(1, flush=True); import time; time.sleep(60)');
    await kernel.firstOutput(execution);
    await kernel.interrupt();
    expect(await kernel.collect(execution, 5)).toMatchObject({ ename: 'KeyboardInterrupt' });
    expect(await kernel.output('print(kept)')).toBe('1\n');
    await kernel.restart();
    expect((await placeOf(kernel)).job).toBe(place.job);
    await kernel.shutdown();
    expect(await kernel.ended()).toBe(0);
    await driver.dispose();
    await site.untilClean(3000);
  });

  test('a notebook of a batch job runs on the job’s own node', async () => {
    const { area } = site.person('alice');
    const { path, outputOf } = await writeNotebook(site.person('alice'), python, [
      'import os; print(os.environ["SLURM_JOB_ID"], os.environ["SLURM_CPUS_ON_NODE"])',
    ]);
    const options = [
      '--parsable',
      '--wait',
      '--mem=600',
      '--time=5',
      `--output=${area}/batch.out`,
      '--export=ALL',
    ];
    const { stdout, status } = await site.run([
      'sbatch',
      ...options,
      '--wrap',
      `papermill ${path} ${path}.out`,
    ]);
    expect(status).toBe(0);
    expect(await outputOf(`${path}.out`)).toBe(`${stdout.trim()} 1\n`);
    await site.untilClean(3000);
  });
});
