import { ENDED_JOB_STATES, toJobId, type Allocation, type JobId, type JobState } from '@berth/schema';
import { ANY_STATE, BATCH_NUMBER_FIELDS, JOB_LIST_FIELDS, OWN_JOBS } from './slurm-language.ts';
import type { RunCommand } from './run-command.ts';
import { parseSqueueLine, parseTimeLeft } from './squeue.ts';

/** A job of the person's that Berth made, or that we run in, as one line of squeue tells it. */
export interface ListedJob {
  readonly allocation: Allocation;
  /** for a kernel that was started, or a notebook that was submitted; `own`: for neither, the one that we run in ourselves */
  readonly kind: 'kernel' | 'batch' | 'own';
  /** 16 hex digits, from the job's comment: id of the launch, or of the batch job; empty for `own` */
  readonly launchId: string;
  /** index in a job array, or those of all elements that wait as Slurm writes it, e.g. `4` or `0-7,9%2`; empty when none */
  readonly index: string;
  readonly name: string;
  /** as Slurm writes it, e.g. `500M` */
  readonly memory: string;
  /** as asked, e.g. `gpu:1`; empty when none */
  readonly gres: string;
  /** seconds; undefined when unlimited */
  readonly timeLimit: number | undefined;
}

/** One in a state that is not named there has not ended. */
const ENDED: ReadonlySet<JobState> = new Set(ENDED_JOB_STATES);
const SEPARATOR = '|';
const OURS = /^berth(-job)?:([a-f0-9]{16})$/;
/** By which a notebook that was submitted is found again; that of a kernel has no `-job`. */
export const batchComment = (id: string): string => `berth-job:${id}`;
const known = (text: string): string => (text === 'N/A' || text === '(null)' ? '' : text);

/**
 * One line in `JOB_LIST_FIELDS`; undefined for one of another form, and for a job that is not ours.
 * @param own the job that we run in
 */
export function parseJobLine(line: string, own?: JobId): ListedJob | undefined {
  const [comment = '', timeLimit = '', memory = '', gres = '', name = '', index = '', ...rest] =
    line.split(SEPARATOR);
  const [, batch, launchId] = OURS.exec(comment) ?? [];
  const allocation = parseSqueueLine(rest.join(SEPARATOR));
  if (allocation === undefined || (launchId === undefined && allocation.jobId !== own)) return undefined;
  return {
    allocation,
    kind: launchId === undefined ? 'own' : batch === undefined ? 'kernel' : 'batch',
    launchId: launchId ?? '',
    index: known(index),
    name,
    memory: known(memory),
    // newer versions of Slurm write `gres:gpu:1` or `gres/gpu:1`
    gres: known(gres).replace(/(^|,)gres[:/]/g, '$1'),
    timeLimit: parseTimeLeft(timeLimit),
  };
}

/** As many fields as were asked for; more when a name holds the separator. */
const inForm = (line: string): boolean =>
  line.split(SEPARATOR).length >= JOB_LIST_FIELDS.split(SEPARATOR).length;

/**
 * All jobs of the caller that Berth made, and the `own` one, that have not ended (or those that Slurm has not forgotten yet), by
 * one question. A query that fails throws its words; it never means that a job has ended. Nor does an answer of which no line has
 * our form, e.g. of another squeue on the path.
 */
export async function askJobs(
  run: RunCommand,
  squeue: string,
  which: 'living' | 'ended' = 'living',
  own?: JobId,
): Promise<readonly ListedJob[]> {
  const ended = which === 'ended';
  const argv = [squeue, ...OWN_JOBS, ...(ended ? [ANY_STATE] : []), `--format=${JOB_LIST_FIELDS}`];
  const result = await run(argv);
  if (result.status !== 0) throw new Error(silenceWords(result.stderr, result.status));
  const lines = result.stdout.split('\n').filter((line) => line.trim() !== '');
  if (lines.length > 0 && !lines.some(inForm))
    throw new Error(`squeue gives something else than a list of jobs: ${lines[0]?.slice(0, 80)}`);
  const jobs = lines.flatMap((line) => parseJobLine(line, own) ?? []);
  return ended ? jobs.filter(({ allocation }) => ENDED.has(allocation.state)) : jobs;
}

/**
 * The numbers of the caller's batch jobs that have not ended, by their ids; of an array that of the whole. For those whose number got
 * lost between sbatch and us (F11), and to end none but the job that is meant: Slurm gives numbers again. A query that fails throws.
 */
export async function livingBatches(run: RunCommand, squeue: string): Promise<ReadonlyMap<string, JobId>> {
  const result = await run([squeue, ...OWN_JOBS, `--format=${BATCH_NUMBER_FIELDS}`]);
  if (result.status !== 0) throw new Error(silenceWords(result.stderr, result.status));
  const found = new Map<string, JobId>();
  for (const line of result.stdout.split('\n')) {
    const [comment = '', number = ''] = line.split(SEPARATOR);
    const [, batch, id] = OURS.exec(comment) ?? [];
    const jobId = toJobId(number.trim());
    if (batch !== undefined && id !== undefined && jobId !== undefined) found.set(id, jobId);
  }
  return found;
}

/** Why Slurm does not answer, for people: munge is named, because another daemon must be looked at then (F18). */
export function silenceWords(stderr: string, status: number | null): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/^(?:squeue|scancel|slurm_load_jobs)?:? ?error: /, '').trim())
    .filter((line) => line !== '');
  const munge = lines.find((line) => /^munge /i.test(line)) ?? lines.find((line) => /munge/i.test(line));
  const said = munge ?? lines.at(-1);
  if (munge !== undefined) return `munge does not work here: ${munge}`;
  return said ?? (status === null ? 'it took too long' : `it ended with ${status} and no word`);
}
