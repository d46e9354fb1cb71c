import {
  BERTH_FILE,
  Config,
  JobId,
  LaunchRecord,
  Resources,
  type JobRecord,
  type JobState,
} from '@berth/schema';
import type { CommandResult, ListedJob, RunCommand } from '@berth/spawner/slurm';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { JobStore } from '../../../server/src/batch/job-store.ts';
import type { SubmitContext } from '../../../server/src/batch/submit-job.ts';

export const idOf = (n: number): string => n.toString(16).padStart(16, '0');
export const KERNEL = 'climate-1';
const digest = `sha256:${'a'.repeat(64)}`;

const launchRecord = LaunchRecord.parse({
  version: 1,
  image: {
    ref: { source: 'lab', repository: 'climate', tag: '1' },
    digest,
    configDigest: digest,
    platform: { os: 'linux', architecture: 'amd64' },
    config: { env: {}, workingDir: '/', user: '', labels: {} },
    layers: [],
  },
  kernel: {
    id: 'python3',
    origin: 'kernelspec',
    language: 'python',
    displayName: 'Python 3',
    argv: ['python3', '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
    env: {},
    interruptMode: 'signal',
    metadata: {},
    logos: {},
    prefix: '/usr',
    evidence: [],
  },
  resources: { cpus: 2, memory: '3G', time: '45' },
  source: { type: 'registry', url: 'https://registry.example.org' },
  store: {},
  slurm: {},
  node: {},
  container: { passEnv: ['TZ'] },
  limits: {},
  restartGuard: 10,
});

export interface JobWorld {
  readonly directory: string;
  readonly store: JobStore;
  readonly context: SubmitContext;
  /** commands that were run */
  readonly ran: (readonly string[])[];
  /** what sbatch answers next */
  answer(result: Partial<CommandResult>): void;
  /** ... and another command */
  answerOf(command: string, result: Partial<CommandResult>): void;
  /** a command answers only when what is returned is called */
  hold(command: string): () => void;
  /** a notebook of that name, of one cell. @returns its path */
  notebook(name: string, kernel?: string): Promise<string>;
  down(): Promise<void>;
}

/** A directory with a kernelspec, a store of jobs, and a Slurm that takes every job as number 77. */
export async function jobWorld(): Promise<JobWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'berth-jobs-'));
  const kernels = join(directory, 'kernels');
  await mkdir(join(kernels, KERNEL), { recursive: true });
  const spec = {
    argv: ['/opt/berth/bin/berth', 'kernel', join(kernels, KERNEL), '{connection_file}'],
    display_name: 'Python 3 · climate 1',
    language: 'python',
    metadata: {},
  };
  await writeFile(join(kernels, KERNEL, 'kernel.json'), JSON.stringify(spec));
  await writeFile(join(kernels, KERNEL, BERTH_FILE), JSON.stringify(launchRecord));
  const ran: (readonly string[])[] = [];
  let next: Partial<CommandResult> = { stdout: '77\n' };
  const others = new Map<string, Partial<CommandResult>>();
  const held = new Map<string, Promise<void>>();
  const run: RunCommand = async (argv) => {
    ran.push(argv);
    await held.get(basename(argv[0] ?? ''));
    const result = argv[0]?.endsWith('sbatch') ? next : (others.get(basename(argv[0] ?? '')) ?? {});
    return { status: 0, signal: null, stdout: '', stderr: '', ...result };
  };
  const store = new JobStore(join(directory, 'state/jobs'), process.getuid?.() ?? 0);
  return {
    directory,
    store,
    ran,
    context: {
      store,
      config: Config.parse({ kernels: { directory: kernels }, slurm: { binDirectory: '/opt/slurm/bin' } }),
      berth: '/opt/berth/bin/berth',
      programs: { script: '/opt/berth/lib/berth-batch.sh', runner: '/opt/berth/lib/berth_notebook.py' },
      env: { PATH: '/usr/bin', TZ: 'Europe/Paris', SECRET: 'canary' },
      run,
      wished: () => Promise.resolve(undefined),
      now: () => 1_000_000,
    },
    answerOf: (command, result) => void others.set(command, result),
    answer: (result) => {
      next = result;
    },
    hold: (command) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held.set(command, promise);
      return resolve;
    },
    notebook: async (name, kernel = KERNEL) => {
      const path = join(directory, name);
      const metadata = { kernelspec: { name: kernel, display_name: 'x' } };
      const cells = [{ cell_type: 'code', metadata: {}, outputs: [], source: '1' }];
      await writeFile(path, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells }));
      return path;
    },
    down: () => rm(directory, { recursive: true, force: true }),
  };
}

export const sampleRecord = (id: string, more: Partial<JobRecord> = {}): JobRecord => ({
  version: 1,
  id,
  notebook: '/home/alice/fit.ipynb',
  kernel: { name: KERNEL, displayName: 'Python 3', language: 'python', image: 'lab/climate:1' },
  resources: Resources.parse({}),
  submitted: new Date(1_000_000).toISOString(),
  elements: 1,
  run: { directory: '/home/alice', env: {}, squeue: '/opt/slurm/bin/squeue' },
  ...more,
});

/** One that Slurm lists. */
export const listedBatch = (id: string, state: JobState, index = '', jobId = '77'): ListedJob => ({
  kind: 'batch',
  launchId: id,
  index,
  name: 'nb',
  memory: '1G',
  gres: '',
  timeLimit: 60,
  allocation: {
    jobId: JobId.parse(jobId),
    state,
    reason: 'Priority',
    nodes: 'n1',
    partition: 'main',
    cpus: 1,
  },
});

/** What squeue prints of one when it is asked for those that have ended. */
export const lastWord = (id: string, state: JobState): string =>
  `berth-job:${id}|1:00|1G|N/A|nb|N/A|77|${state}|N/A|1:00|main|1|n1|None\n`;
