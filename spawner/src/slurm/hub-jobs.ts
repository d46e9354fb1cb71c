import { JobId, type JobState } from '@berth/schema';
import { silenceWords } from './job-list.ts';
import type { RunCommand } from './run-command.ts';
import { ANY_STATE, HUB_JOB_FIELDS, HUB_JOB_NAME } from './slurm-language.ts';
import { momentOf, toJobState } from './squeue.ts';

/** A person's server as one line of squeue tells it. */
export interface HubJob {
  /** the account that Slurm runs it for */
  readonly user: string;
  readonly jobId: JobId;
  readonly state: JobState;
  /** ISO 8601, of a waiting job where Slurm has a guess */
  readonly start?: string;
  /** empty while it waits */
  readonly node: string;
  readonly reason: string;
}

/** ... and by which it is found when the answer to its submission was lost. */
export interface OwnHubJob extends HubJob {
  /** 16 hex digits, from the job's comment; missing where that says something else, as it may by now of one of ours */
  readonly id?: string;
}

const TAG = new RegExp(`(?:^|\\|)${HUB_JOB_NAME}:([a-f0-9]{16})$`);
const FIELDS = HUB_JOB_FIELDS.split('|').length;

/** One line in `HUB_JOB_FIELDS`; undefined for one of another form. */
export function parseHubJob(line: string): HubJob | undefined {
  const [user = '', job, state, start = '', node = '', ...reason] = line.split('|');
  const jobId = JobId.safeParse(job);
  if (user === '' || !jobId.success || reason.length === 0) return undefined;
  const moment = momentOf(start);
  return {
    user,
    jobId: jobId.data,
    state: toJobState(state),
    node: node === '(null)' || node === 'N/A' ? '' : node,
    reason: reason.join('|'),
    ...(moment === undefined ? {} : { start: moment }),
  };
}

/** One line in `OWN_HUB_JOB_FIELDS`; undefined for one of another form. Slurm writes what is before the comment, without the separator. */
export function parseOwnHubJob(line: string): OwnHubJob | undefined {
  const fields = line.split('|');
  if (fields.length <= FIELDS) return undefined;
  const job = parseHubJob(fields.slice(0, FIELDS).join('|'));
  const id = TAG.exec(fields.slice(FIELDS).join('|'))?.[1];
  return job === undefined || id === undefined ? job : { ...job, id };
}

/**
 * The lines of an answer. One of which no line has our form is no answer, e.g. of another squeue on the path: an empty list
 * would say that all have ended.
 */
function parseLines<T>(text: string, parse: (line: string) => T | undefined): readonly T[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length > 0 && !lines.some((line) => line.split('|').length >= FIELDS))
    throw new Error(`squeue gives something else than a list of jobs: ${lines[0]?.slice(0, 80)}`);
  return lines.flatMap((line) => parse(line) ?? []);
}

/** What `squeue --format=HUB_JOB_FIELDS` prints. */
export const parseHubJobs = (text: string): readonly HubJob[] => parseLines(text, parseHubJob);

/** What `squeue --me --format=OWN_HUB_JOB_FIELDS` prints. */
export const parseOwnHubJobs = (text: string): readonly OwnHubJob[] => parseLines(text, parseOwnHubJob);

/** All servers of all people that Slurm knows, ended ones for a while too. A question that fails throws its words. */
export async function askHubJobs(run: RunCommand, squeue: string): Promise<readonly HubJob[]> {
  const { status, stdout, stderr } = await run([
    squeue,
    '--noheader',
    '--all',
    ANY_STATE,
    `--name=${HUB_JOB_NAME}`,
    `--format=${HUB_JOB_FIELDS}`,
  ]);
  if (status !== 0) throw new Error(silenceWords(stderr, status));
  return parseHubJobs(stdout);
}
