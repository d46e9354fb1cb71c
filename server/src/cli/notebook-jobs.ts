import { Failure, type Config, type Resources } from '@berth/schema';
import { srunEnvironment } from '@berth/spawner/launch';
import { askingEnvironment, askJobs, commandRunner, type RunCommand } from '@berth/spawner/slurm';
import { join } from 'node:path';
import { JobReader, JobStore, type Listing, type ReadJob, type SubmitContext } from '../batch/index.ts';
import { wishedResources } from '../launches/wished-resources.ts';

/** sbatch and squeue answer within this or not at all. Milliseconds. */
const SLURM_PATIENCE = 15_000;

export interface JobsPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** the `berth` command, absolute */
  readonly berth: string;
  /** where the bundles are, and beside them what runs on nodes; absolute */
  readonly lib: string;
}

/** `$XDG_STATE_HOME/berth` or `~/.local/state/berth`. */
export const stateDirectory = ({ env, home }: Pick<JobsPlace, 'env' | 'home'>): string =>
  join(env['XDG_STATE_HOME'] || join(home, '.local/state'), 'berth');

export const jobStore = (place: Pick<JobsPlace, 'env' | 'home'>): JobStore =>
  new JobStore(join(stateDirectory(place), 'jobs'), process.getuid?.() ?? 0);

/** Runs Slurm's commands in just the environment that a job shall have: where things are, no wish of another job's, no secret. */
export function jobRunner(env: JobsPlace['env'], signal?: AbortSignal): RunCommand {
  // a directory of this login on this host
  const { XDG_RUNTIME_DIR: _, ...kept } = srunEnvironment(env);
  return commandRunner(kept, SLURM_PATIENCE, signal);
}

export function submitContext(place: JobsPlace, config: Config, run: RunCommand): SubmitContext {
  const { env, berth, lib } = place;
  const wishes = join(stateDirectory(place), 'wishes.json');
  return {
    store: jobStore(place),
    config,
    berth,
    programs: { script: join(lib, 'berth-batch.sh'), runner: join(lib, 'berth_notebook.py') },
    env,
    run,
    wished: (file, kernel): Promise<Resources | undefined> => wishedResources(wishes, file, kernel),
    now: () => Date.now(),
  };
}

/** ... and asks it. */
export const askingRunner = (env: JobsPlace['env'], signal?: AbortSignal): RunCommand =>
  commandRunner(askingEnvironment(srunEnvironment(env)), SLURM_PATIENCE, signal);

/** All jobs as they stand now, each settled with Slurm's last word where the node told none. */
export async function readJobs(
  place: JobsPlace,
  config: Config,
  run: RunCommand,
  note: (line: string) => void,
) {
  const squeue = join(config.slurm.binDirectory, 'squeue');
  const store = jobStore(place);
  const listing = await listingOf(run, squeue, note);
  const reader = new JobReader(store, undefined);
  const jobs = await reader.all(listing);
  const settled = listing !== undefined && (await reader.settle(jobs, run, squeue).catch(() => true));
  return { reader, store, jobs: settled ? await reader.all(listing) : jobs };
}

/**
 * The job whose id is that, or begins so.
 * @throws Failure `job-unknown`, `usage-invalid` when several do
 */
export function chosenJob(jobs: readonly ReadJob[], typed: string, command: string): ReadJob {
  const fitting = typed === '' ? [] : jobs.filter(({ view }) => view.id.startsWith(typed));
  const [job, other] = fitting;
  if (job === undefined) throw new Failure('job-unknown', { id: typed });
  if (other === undefined) return job;
  const ids = fitting.slice(0, 3).map(({ view }) => view.id);
  throw new Failure('usage-invalid', {
    why: `${fitting.length} jobs have an id that begins with "${typed}": ${ids.join(', ')}${fitting.length > 3 ? ', …' : ''}.`,
    command,
  });
}

/** Before files are read: what is not listed has written its end already. */
async function listingOf(
  run: RunCommand,
  squeue: string,
  note: (line: string) => void,
): Promise<Listing | undefined> {
  const at = Date.now();
  try {
    return { at, jobs: await askJobs(run, squeue) };
  } catch (error) {
    note(
      `Slurm does not answer, so states may be old: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
}
