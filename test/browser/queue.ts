import { until } from '../cluster/until.ts';
import type { Site } from '../live/site.ts';

/** One job as squeue(1) tells it; times as Slurm writes them, memory with its unit. */
export interface QueuedJob {
  readonly id: string;
  readonly state: string;
  readonly nodes: string;
  readonly cpus: string;
  readonly memory: string;
  readonly limit: string;
}

/** What Slurm itself says of alice's jobs: the witness of every test here. */
export class Queue {
  readonly #site: Site;

  constructor(site: Site) {
    this.#site = site;
  }

  async jobs(): Promise<readonly QueuedJob[]> {
    const { stdout } = await this.#site.run(['squeue', '--me', '--noheader', '--format=%i|%T|%N|%C|%m|%l']);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [id = '', state = '', nodes = '', cpus = '', memory = '', limit = ''] = line.split('|');
        return { id, state, nodes, cpus, memory, limit };
      });
  }

  /** Waits for the first job in that state. */
  async job(state: string, ms = 20_000): Promise<QueuedJob> {
    let found: QueuedJob | undefined;
    const there = async (): Promise<boolean> =>
      (found = (await this.jobs()).find((job) => job.state === state)) !== undefined;
    if (!(await until(there, ms, 100)) || found === undefined)
      throw new Error(`no job is ${state}: ${JSON.stringify(await this.jobs())}`);
    return found;
  }

  untilEmpty(ms?: number): Promise<void> {
    return this.untilJobs([], ms);
  }

  /** Waits until just these are there. */
  async untilJobs(ids: readonly string[], ms = 30_000): Promise<void> {
    const there = async (): Promise<boolean> => (await this.jobs()).map(({ id }) => id).join() === ids.join();
    if (!(await until(there, ms, 100)))
      throw new Error(`not only ${ids.join()}: ${JSON.stringify(await this.jobs())}`);
  }

  /** How many jobs this cluster has been asked for, whatever became of them: Slurm counts by its next number. */
  async submitted(): Promise<number> {
    const { stdout } = await this.#site.run(['scontrol', 'show', 'config']);
    const next = /^NEXT_JOB_ID\s*=\s*(\d+)/m.exec(stdout)?.[1];
    if (next === undefined) throw new Error('Slurm does not tell its next job number');
    return Number(next);
  }

  /** bob takes a whole node, for `minutes` as Slurm is told (so it can estimate); gives the verb that ends it. */
  async occupy(node: string, minutes = 10): Promise<() => Promise<void>> {
    const { stdout } = await this.#site.run(
      [
        'sbatch',
        '--parsable',
        '--exclusive',
        '--mem=0',
        `--nodelist=${node}`,
        `--time=${minutes}`,
        '--output=/dev/null',
        '--wrap=sleep 1000',
      ],
      { who: 'bob' },
    );
    const job = stdout.trim();
    const running = async (): Promise<boolean> =>
      (await this.#site.run(['squeue', '--noheader', '--states=R', `--jobs=${job}`], { who: 'bob' }))
        .stdout !== '';
    if (!(await until(running, 30_000))) throw new Error(`the job ${job} of the fixture does not run`);
    return async () => void (await this.#site.run(['scancel', job], { who: 'bob' }));
  }
}
