import { Failure, toJobId, type JobId, type Resources } from '@berth/schema';
import {
  parseOwnHubJobs,
  StillRuns,
  type CommandResult,
  type OwnHubJob,
  type RunCommand,
} from '@berth/spawner/slurm';

/** What is done as a person, and nothing else can be. `user` has been looked up by Accounts. */
export interface Helper {
  /**
   * @throws Failure `session-not-submitted` when there is no job, `slurm-unreachable` when that cannot be told
   */
  submit(user: string, order: Submission): Promise<JobId>;
  /** Also removes what was left for it; without a job only that. */
  cancel(user: string, id: string, jobId?: JobId): Promise<void>;
  /**
   * the person's servers, as Slurm tells them by our name
   * @param jobId this job alone, whatever its name is by now: an empty list when Slurm does not know it
   */
  list(user: string, jobId?: JobId): Promise<readonly OwnHubJob[]>;
  /** the last lines of the job's output */
  log(user: string, id: string): Promise<string>;
}

export interface Submission {
  readonly id: string;
  readonly resources: Resources;
  /** for the job, in a file of the person's own */
  readonly data: string;
}

type Fields = Readonly<Record<string, string | undefined>>;

/** The order as spawner/hub/helper/order.h has it; pure. Lengths are in bytes. */
export function orderText(verb: 'submit' | 'cancel' | 'list' | 'log', fields: Fields): string {
  const parts = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${Buffer.byteLength(value)}\n${value}\n`],
  );
  return `berth-as-user 2 ${verb}\n${parts.join('')}.\n`;
}

/**
 * Seconds, as long as whoever asks waits (PATIENCE of site-server.ts). What begins later submits nothing: sudo and its PAM may hang, and
 * may not be ended by us.
 * With the helper's own time this is less than SUBMISSION of evidence.ts.
 */
const IN_TIME = 20;

/**
 * @param programs asked each time, because the configuration may change
 * @param now milliseconds of CLOCK_MONOTONIC, which the helper reads too
 */
export function sudoHelper(
  run: RunCommand,
  programs: () => Promise<{ readonly sudo: string; readonly helper: string }>,
  now: () => number,
): Helper {
  /** for whom a sudo runs on that we could not end: root's, one more with each question if they were asked again */
  const hanging = new Map<string, number>();
  const count = (user: string, by: number): void => {
    const left = (hanging.get(user) ?? 0) + by;
    if (left > 0) hanging.set(user, left);
    else hanging.delete(user);
  };
  const order = async (user: string, verb: Parameters<typeof orderText>[0], fields: Fields) => {
    const { sudo, helper } = await programs();
    // a start is of the person's own, and few are theirs
    if (verb !== 'submit' && hanging.has(user))
      throw new Error('what was done as this person before has not come back');
    return run([sudo, '-n', '-u', user, '--', helper], orderText(verb, fields)).catch((error: unknown) => {
      if (error instanceof StillRuns) {
        count(user, 1);
        void error.gone.then(() => count(user, -1));
      }
      throw error;
    });
  };
  const demand = (result: CommandResult): string => {
    const { status, stdout, stderr, timedOut } = result;
    if (status === 0) return stdout;
    throw new Error(timedOut === undefined ? lastWords(stderr, status) : 'it took too long');
  };
  return {
    submit: async (user, { id, resources, data }) => {
      const { cpus, ...rest } = resources;
      const until = String(Math.ceil(now() / 1000) + IN_TIME);
      const result = await order(user, 'submit', { id, until, cpus: String(cpus), ...rest, data }).catch(
        (error: unknown) => {
          const { syscall, message } = error as NodeJS.ErrnoException;
          const why = error instanceof Error ? message : String(error);
          // never run: there is no sudo
          if (syscall?.startsWith('spawn') === true)
            throw new Failure('session-not-submitted', { why }, { cause: error });
          // also one that we may not end, because it is another's: whatever it does is still to come
          throw new Failure('slurm-unreachable', { why }, { cause: error });
        },
      );
      if (result.status !== 0) {
        const why = lastWords(result.stderr, result.status);
        throw mayHaveHeard(result)
          ? new Failure('slurm-unreachable', { why })
          : new Failure('session-not-submitted', { why });
      }
      const said = result.stdout;
      // "JOB" or "JOB;CLUSTER". Source: sbatch(1), --parsable
      const jobId = toJobId(said.trim().split('\n').at(-1)?.split(';')[0]);
      if (jobId === undefined) throw new Failure('slurm-unreachable', { why: 'sbatch told no job' });
      return jobId;
    },
    cancel: async (user, id, jobId) => {
      demand(await order(user, 'cancel', { id, job: jobId }));
    },
    list: async (user, jobId) => {
      const result = await order(user, 'list', { job: jobId });
      if (jobId !== undefined && result.status === 1 && UNKNOWN.test(result.stderr)) return [];
      return parseOwnHubJobs(demand(result));
    },
    log: async (user, id) => demand(await order(user, 'log', { id })),
  };
}

/** squeue's words for one job that it was asked for. Source: Slurm 22.05, slurm_errno.c, ESLURM_INVALID_JOB_ID */
const UNKNOWN = /Invalid job id specified/i;

/** sbatch's words for a controller that it has lost. Source: Slurm 22.05, slurm_errno.c, SLURM_COMMUNICATIONS_* and SLURMCTLD_* */
const LOST =
  /timed out|zero bytes|unable to contact|communicat|connection|transport|broken pipe|unexpected message|no answer/i;

/** Whether there may be a job all the same: the controller has heard the order, perhaps, and only the answer was lost. */
const mayHaveHeard = ({ status, stderr }: CommandResult): boolean =>
  status === null || status >= 128 || LOST.test(stderr);

/** What sbatch or the helper said, for people. */
function lastWords(stderr: string, status: number | null): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const said = lines.map((line) =>
    line.replace(/^(?:sbatch|scancel|squeue|berth-as-user): (?:error: )?/, '').trim(),
  );
  // what a helper of before this protocol says of each of our orders
  if (/berth-as-user: it is not an order/.test(stderr))
    return 'the helper is of another version: run scripts/install-hub.sh again';
  return said.slice(-2).join(' ').replace(/\.$/, '') || `it ended with ${String(status)} and no word`;
}
