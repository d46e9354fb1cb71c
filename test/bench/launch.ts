/**
 * Start of a kernel to its first reply, against the bare local ipykernel from the same files, unpacked. The client is an
 * ordinary jupyter_client on the node, in a job of Slurm; which placement is taken follows from what it hands on.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LaunchRecord } from '@berth/schema';
import { hotSetPaths } from '../../spawner/src/store/hot-set-paths.ts';
import { until } from '../cluster/until.ts';
import { siteUp, type Site } from '../live/site.ts';
import { venvProgram } from '../jupyter/venv.ts';
import { result, spread, type Report } from './paired.ts';
import { readableCopy } from './readable-copy.ts';
import { unpackedArgv } from './unpacked-argv.ts';

const ROUNDS = 9;
const FOREIGN = ['SLURM_JOB_ID', 'SLURMD_NODENAME'];

interface Case {
  readonly name: string;
  readonly argv: readonly string[];
  readonly drop?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

interface Samples {
  readonly samples: Readonly<Record<string, readonly number[]>>;
  readonly stages: Readonly<Record<string, readonly Readonly<Record<string, number>>[]>>;
}

export async function bench(): Promise<Report> {
  const site = await siteUp({ images: ['venv-python'], nodes: 1 });
  try {
    const squashfs = await site.kernel('venv-python');
    const directory = await site.variant(squashfs, 'bench-directory', (record) => ({
      ...record,
      store: { ...record.store, format: 'directory' },
    }));
    await startOnce(site, squashfs);
    await startOnce(site, directory);
    const { kernels, store } = site.person('alice');
    const record = await readRecord(join(kernels, directory));
    const { samples, stages } = await measure(site, [
      { name: 'bare', argv: unpackedArgv(record, store) },
      { name: 'overlap-step-dir', argv: kernelArgv(site, directory), drop: ['SLURMD_NODENAME'] },
      { name: 'overlap-step', argv: kernelArgv(site, squashfs), drop: ['SLURMD_NODENAME'] },
      { name: 'same-node', argv: kernelArgv(site, squashfs) },
      { name: 'new-job', argv: kernelArgv(site, squashfs), drop: FOREIGN },
    ]);
    const bare = samples['bare'] ?? [];
    const cases = Object.keys(samples).filter((name) => name !== 'bare');
    return {
      n: ROUNDS,
      results: cases.map((name) => result(name, 's', samples[name] ?? [], bare)),
      notes: ['', 'milliseconds after the client called start_kernel(), medians:', ...stageTable(stages)],
    };
  } finally {
    await site.down();
  }
}

const kernelArgv = (site: Site, name: string): string[] => [
  site.berth,
  'kernel',
  join(site.person('alice').kernels, name),
  '{connection_file}',
];

/** Makes the rootfs, and lets the kernel live until the hot set of its image is made, as a person's first one does. */
async function startOnce(site: Site, name: string): Promise<void> {
  const { kernels, store } = site.person('alice');
  const { image, store: kept, kernel } = await readRecord(join(kernels, name));
  const driver = await site.driver();
  const started = await driver.kernel(name);
  await started.output('print(1)');
  if (kept.format === 'squashfs') {
    const { path } = hotSetPaths({ ...kept, path: store }, image.digest, kernel.argv);
    if (!(await until(() => existsSync(path), 120_000, 200))) throw new Error(`no hot set at ${path}`);
  }
  await started.shutdown();
  await driver.dispose();
}

const readRecord = async (directory: string): Promise<LaunchRecord> =>
  LaunchRecord.parse(JSON.parse(await readFile(join(directory, 'berth.json'), 'utf8')));

async function measure(site: Site, cases: readonly Case[]): Promise<Samples> {
  const program = await readableCopy(site, join(import.meta.dirname, 'start_client.py'));
  const job = ['srun', '--quiet', '--overlap', '-N1', '-n1', '-c2', '--mem=3G', '--cpu-bind=none'];
  const order = {
    rounds: ROUNDS,
    cases: cases.map((one) => ({ ...one, env: { BERTH_STAGES: '1', ...one.env } })),
  };
  const argv = [...job, venvProgram('python3'), '-B', program];
  const { status, stdout, stderr } = await site.run(argv, {
    input: `${JSON.stringify(order)}\n`,
    timeoutMs: 500_000,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Samples;
}

function stageTable(stages: Samples['stages']): string[] {
  return Object.entries(stages).map(([name, passes]) => {
    const medians = new Map<string, number>();
    for (const stage of new Set(passes.flatMap((pass) => Object.keys(pass)))) {
      medians.set(stage, spread(passes.flatMap((pass) => pass[stage] ?? [])).median);
    }
    const cells = [...medians]
      .sort(([, a], [, b]) => a - b)
      .map(([stage, at]) => `${stage} ${at.toFixed(0)}`);
    return `${name.padEnd(17)} ${cells.join(', ')}`;
  });
}
