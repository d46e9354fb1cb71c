/**
 * Slurm's commands called in a container, against the same outside of it: same node, same job, same person, turn by turn.
 * A program of its own takes the time on both sides, so that what a kernel's own process costs to fork is in neither.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LaunchRecord } from '@berth/schema';
import { storePaths } from '../../spawner/src/store/store-paths.ts';
import type { DrivenKernel } from '../jupyter/driver.ts';
import { siteUp, type Site } from '../live/site.ts';
import { paired, result, type Report, type Result } from './paired.ts';

/** of what takes some ten milliseconds, and twice that now and then */
const ROUNDS = 61;
const ROUNDS_OF_GIBIBYTES = 5;
const MEBIBYTES = 1024;

interface Case {
  readonly name: string;
  readonly rounds: number;
  readonly inside: readonly string[];
  readonly outside: readonly string[];
  /** so many MiB go in and come out again, and the rate counts, not the time */
  readonly mebibytes?: number;
}

export async function bench(): Promise<Report> {
  const site = await siteUp({ images: ['venv-python'], nodes: 1 });
  try {
    const name = await site.kernel('venv-python');
    const image = await unpacked(site, name);
    const driver = await site.driver();
    const kernel = await driver.kernel(name);
    const outer = await jobEnvironment(site, kernel);
    const results: Result[] = [];
    for (const one of casesOf(image)) results.push(await measure(site, kernel, outer, one));
    await kernel.shutdown();
    await driver.dispose();
    return { n: ROUNDS, results, notes: [difference(results), `srun-cat-1gb: n = ${ROUNDS_OF_GIBIBYTES}`] };
  } finally {
    await site.down();
  }
}

const casesOf = (image: string): readonly Case[] => [
  { name: 'squeue', rounds: ROUNDS, inside: ['squeue', '-h'], outside: ['squeue', '-h'] },
  {
    name: 'srun-true-none',
    rounds: ROUNDS,
    inside: ['srun', '--berth-image=none', 'true'],
    outside: ['srun', 'true'],
  },
  { name: 'srun-true', rounds: ROUNDS, inside: ['srun', 'true'], outside: ['srun', 'ch-run', image, 'true'] },
  {
    name: 'srun-cat-1gb',
    rounds: ROUNDS_OF_GIBIBYTES,
    inside: ['srun', 'cat'],
    outside: ['srun', 'cat'],
    mebibytes: MEBIBYTES,
  },
];

const difference = ([squeue]: readonly Result[]): string =>
  `squeue: ${(((squeue?.ours.median ?? NaN) - (squeue?.baseline.median ?? NaN)) * 1000).toFixed(1)} ms more inside, by medians`;

async function measure(
  site: Site,
  kernel: DrivenKernel,
  outer: readonly string[],
  { name, rounds, inside, outside, mebibytes = 0 }: Case,
): Promise<Result> {
  const ours = async (): Promise<number> => {
    const argv = JSON.stringify(['python3', '-c', TIMER, String(mebibytes), ...inside]);
    return Number(await kernel.output(`import subprocess; print(subprocess.check_output(${argv}).decode())`));
  };
  const baseline = async (): Promise<number> => {
    const argv = ['env', ...outer, '/usr/bin/python3', '-c', TIMER, String(mebibytes), ...outside];
    const { stdout, stderr, status } = await site.run(argv);
    if (status !== 0) throw new Error(stderr);
    return Number(stdout);
  };
  await ours();
  await baseline();
  const found = await paired(rounds, ours, baseline);
  if (mebibytes === 0) return result(name, 's', found.ours, found.baseline);
  const rate = (seconds: readonly number[]): number[] => seconds.map((one) => mebibytes / one);
  return result(name, 'MiB/s', rate(found.ours), rate(found.baseline), false);
}

/** SQUEUE_ROUND makes each question another one: what is measured is asking, not an answer that was kept. */
const TIMER = `
import os, subprocess, sys, time
os.environ["SQUEUE_ROUND"] = os.urandom(8).hex()
size, argv = int(sys.argv[1]), sys.argv[2:]
block = b"x" * (1 << 20)
began = time.perf_counter()
process = subprocess.Popen(argv, stdin=subprocess.PIPE if size else subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
for _ in range(size): process.stdin.write(block)
if size: process.stdin.close()
said = process.stderr.read()
status = process.wait()
if status != 0: sys.exit(said.decode() or str(status))
print(time.perf_counter() - began)
`;

/** The variables of the kernel's step, for a process outside of the container. */
async function jobEnvironment(site: Site, kernel: DrivenKernel): Promise<string[]> {
  const code =
    'import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith("SLURM")}))';
  const found = JSON.parse(await kernel.output(code)) as Readonly<Record<string, string>>;
  return Object.entries({ ...found, ...site.cluster.env }).map(([name, value]) => `${name}=${value}`);
}

/** The same image as a directory, as ch-run is mostly given it. */
async function unpacked(site: Site, name: string): Promise<string> {
  const directory = await site.variant(name, 'bench-directory', (record) => ({
    ...record,
    store: { ...record.store, format: 'directory' },
  }));
  const driver = await site.driver();
  await (await driver.kernel(directory)).shutdown();
  await driver.dispose();
  const { kernels, store } = site.person('alice');
  const record = LaunchRecord.parse(
    JSON.parse(await readFile(join(kernels, directory, 'berth.json'), 'utf8')),
  );
  return storePaths({ ...record.store, path: store }, record.image.digest).rootfs.path;
}
