import { JobId, JobState, type Allocation } from '@berth/schema';
import type { RunCommand } from './run-command.ts';
import { ANY_STATE, SQUEUE_FORMAT, STATE_FLAGS } from './slurm-language.ts';

/** Slurm's time left, `[D-]HH:MM:SS` or `MM:SS`, in seconds; undefined for UNLIMITED, NOT_SET, INVALID. */
export function parseTimeLeft(text: string): number | undefined {
  const match = /^(?:([0-9]{1,6})-)?(?:([0-9]{1,6}):)?([0-9]{1,6}):([0-9]{1,6})$/.exec(text.trim());
  if (!match) return undefined;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
}

const known = (text: string): string | undefined =>
  text === '' || text === 'N/A' || text === '(null)' ? undefined : text;

/** Slurm writes the time of this host's zone and no offset; `2026-11-21T06:34:25Z`. Undefined for N/A. */
export function momentOf(text: string): string | undefined {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString().replace('.000Z', 'Z');
}

const FLAGS: ReadonlyMap<string, JobState> = new Map(Object.entries(STATE_FLAGS));

/** What squeue writes as a job's state. */
export const toJobState = (text: string | undefined): JobState =>
  FLAGS.get(text ?? '') ?? JobState.safeParse(text).data ?? 'UNKNOWN';

/** One line of squeue in `SQUEUE_FORMAT`; undefined for a line that is not in that form. */
export function parseSqueueLine(line: string): Allocation | undefined {
  const [id, state, start, left, partition, cpus, nodes, ...reason] = line.split('|');
  const jobId = JobId.safeParse(id);
  if (!jobId.success || state === undefined || nodes === undefined) return undefined;
  const estimatedStart = momentOf(start ?? '');
  const timeLeft = parseTimeLeft(left ?? '');
  return {
    jobId: jobId.data,
    state: toJobState(state),
    reason: known(reason.join('|')) ?? '',
    nodes: known(nodes) ?? '',
    partition: partition ?? '',
    cpus: Number(cpus) || 0,
    ...(estimatedStart === undefined ? {} : { estimatedStart }),
    ...(timeLeft === undefined ? {} : { timeLeft }),
  };
}

/**
 * What Slurm says of a job now. A query that fails throws; it never means that the job ended. `absent` is positive
 * evidence as well: Slurm answered and has no such job (any more).
 */
export type JobAnswer =
  { readonly kind: 'known'; readonly allocation: Allocation } | { readonly kind: 'absent' };

export type JobSelector = { readonly jobId: JobId } | { readonly jobName: string; readonly user: string };

export async function askJob(run: RunCommand, squeue: string, selector: JobSelector): Promise<JobAnswer> {
  const which =
    'jobId' in selector
      ? [`--jobs=${selector.jobId}`]
      : [`--name=${selector.jobName}`, `--user=${selector.user}`];
  const argv = [squeue, '--noheader', '--all', ANY_STATE, `--format=${SQUEUE_FORMAT}`, ...which];
  const result = await run(argv);
  if (result.status !== 0) {
    if (/Invalid job id/i.test(result.stderr)) return { kind: 'absent' };
    throw new Error(result.stderr.trim() || `squeue ended with ${String(result.status)}`);
  }
  const lines = result.stdout.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return { kind: 'absent' };
  const allocation = lines.map(parseSqueueLine).find((one) => one !== undefined);
  if (allocation === undefined) throw new Error(`squeue said something else: ${lines[0]?.slice(0, 200)}`);
  return { kind: 'known', allocation };
}
