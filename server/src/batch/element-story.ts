import {
  MOST_ELEMENTS,
  type AttemptStatus,
  type JobRecord,
  type JobState,
  type SlurmRecord,
} from '@berth/schema';
import type { ElementState, JobElement } from '@berth/schema/rest';
import { pendingReason, type ListedJob } from '@berth/spawner/slurm';

/** What the node has written of one element. */
export interface Evidence {
  /** how many attempts have begun */
  readonly attempts: number;
  /** number of the newest; -1 when there is none */
  readonly attempt: number;
  /** of the newest attempt; undefined when it has not written one yet */
  readonly status: AttemptStatus | undefined;
  readonly output: boolean;
}

export const NO_EVIDENCE: Evidence = { attempts: 0, attempt: -1, status: undefined, output: false };

/** What Slurm says of one element, and when it said so (milliseconds since 1970); `silent` when it did not answer. */
export type SlurmWord =
  | { readonly kind: 'listed'; readonly at: number; readonly job: ListedJob }
  | { readonly kind: 'absent'; readonly at: number }
  | { readonly kind: 'silent' };

export interface ElementStory {
  readonly element: JobElement;
  /** Slurm may know better how it ended, and has not been asked */
  readonly unsettled: boolean;
}

type Told = Pick<JobElement, 'state'> &
  Partial<Pick<JobElement, 'why'>> & {
    /** nobody has told how it ended */
    readonly untold?: true;
  };

/** Whether nothing more will happen to it. */
export const isOverState = (state: ElementState): boolean =>
  state !== 'queued' && state !== 'starting' && state !== 'running';

/**
 * How one element stands, from positive evidence alone: what the node wrote, what Slurm lists, what Slurm said before it forgot. That
 * Slurm does not answer says nothing (I4). Pure.
 */
export function elementStory(
  index: number,
  { attempts, status, output }: Evidence,
  word: SlurmWord,
  record: JobRecord,
  slurm: SlurmRecord,
): ElementStory {
  // Slurm's last word was on the attempt of that time
  const of = slurm.endedAttempts?.[index] ?? attempts;
  const heard = of === attempts ? slurm : { ...slurm, ended: {} };
  const { untold, ...told } = toldOf(index, status, word, record, heard);
  const over = isOverState(told.state);
  const begun = told.state !== 'queued' && status !== undefined;
  const element = {
    index,
    ...told,
    attempts,
    output,
    ...(begun && {
      node: status.node,
      began: status.began,
      ...(status.cells && { cells: status.cells }),
    }),
    ...(begun && over && status.ended !== undefined && { ended: status.ended }),
    ...(told.state === 'failed' && status?.error && { error: status.error }),
  };
  return { element, unsettled: untold === true && slurm.forgotten?.[index] !== attempts };
}

function toldOf(
  index: number,
  status: AttemptStatus | undefined,
  word: SlurmWord,
  record: JobRecord,
  slurm: SlurmRecord,
): Told {
  const waits = word.kind === 'listed' && WAITING.has(word.job.allocation.state);
  const newerThan = (moment: string | undefined): boolean =>
    word.kind !== 'silent' && moment !== undefined && word.at > Date.parse(moment);
  if (status?.state === 'completed' || status?.state === 'failed' || status?.state === 'stopped') {
    // Slurm begins it anew: after a node failed, or a job of more weight took its place (F5)
    if (word.kind === 'listed' && newerThan(status.ended)) {
      if (waits) return queued(word.job);
      // the next attempt has not written anything yet
      if (status.state === 'stopped' && word.job.allocation.state === 'RUNNING') return { state: 'starting' };
    }
    if (status.state !== 'stopped') return { state: status.state };
    const wanted = cancelledAt(slurm, index) !== undefined;
    const reason = status.reason ?? '';
    const told = wanted || slurm.ended[index] !== undefined || TIME_LIMIT.test(reason);
    // whether it begins anew is known when Slurm is through with it: who submits it again before that has two
    const gone = word.kind === 'absent' && newerThan(status.ended ?? status.began);
    if (!told && !gone) return word.kind === 'listed' ? ENDING : UNHEARD;
    return stopped(slurm.ended[index], reason, wanted);
  }
  if (word.kind === 'listed') {
    if (waits) return queued(word.job);
    return { state: status === undefined ? 'starting' : 'running' };
  }
  const ended = slurm.ended[index];
  if (ended !== undefined) return endedAs(ended);
  // also of one whose number was lost
  const cancelled = cancelledAt(slurm, index);
  if (status === undefined && word.kind === 'absent' && newerThan(cancelled)) return CANCELLED;
  if (status === undefined && slurm.jobId === undefined) return unnumbered(word, record);
  if (word.kind === 'absent' && newerThan(status?.began ?? slurm.acknowledged ?? record.submitted)) {
    if (cancelled !== undefined) return CANCELLED;
    return { state: 'lost', why: 'it has ended, and Slurm has forgotten how', untold: true };
  }
  if (status !== undefined) return { state: 'running' };
  return { state: 'queued', why: 'submitted' };
}

const WAITING: ReadonlySet<JobState> = new Set(['PENDING', 'CONFIGURING']);
const CANCELLED: Told = { state: 'cancelled', why: 'it was cancelled' };
const ENDING: Told = { state: 'running', why: 'Slurm is ending it' };
const UNHEARD: Told = { state: 'running', why: 'stopped; whether Slurm begins it anew is not known yet' };
const TIME_LIMIT = /^TimeLimit/;
const TIMED_OUT: Told = { state: 'timed-out', why: 'it reached its time limit' };

/** sbatch may be at it still, and a controller with much to do takes it late: milliseconds, many times as long as it is waited for. */
const SUBMITTING = 120_000;

/** Slurm has told no number: sbatch has not answered yet, or never did (F11). */
function unnumbered(word: SlurmWord, { submitted }: JobRecord): Told {
  if (word.kind === 'absent' && word.at > Date.parse(submitted) + SUBMITTING)
    return { state: 'lost', why: 'Slurm does not know it; it was probably not submitted', untold: true };
  return { state: 'queued', why: 'being submitted' };
}

const cancelledAt = ({ cancelled, cancelledElements }: SlurmRecord, index: number): string | undefined =>
  cancelled ?? cancelledElements?.[index];

const queued = ({ allocation }: ListedJob): Told => ({
  state: 'queued',
  why: pendingReason(allocation.reason),
});

/** Ended by Slurm, whose last state is known, or its reason of that time: it may have ended another way since, e.g. held and cancelled. */
function stopped(ended: JobState | undefined, reason: string, wanted: boolean): Told {
  if (ended === 'FAILED') return { state: 'failed', why: 'it was told to end, or could not begin again' };
  if (ended !== undefined && ended !== 'COMPLETED') return endedAs(ended);
  if (TIME_LIMIT.test(reason)) return TIMED_OUT;
  if (wanted) return CANCELLED;
  if (ended !== undefined) return CANCELLED;
  const why = reason === '' ? 'Slurm ended it, and it is not known why' : `Slurm ended it (${reason})`;
  return { state: 'cancelled', why, untold: true };
}

/** The last word of Slurm on a job of which the node has told no end. */
function endedAs(state: JobState): Told {
  if (state === 'COMPLETED') return { state: 'completed' };
  if (state === 'CANCELLED') return CANCELLED;
  if (state === 'TIMEOUT' || state === 'DEADLINE') return TIMED_OUT;
  return { state: 'failed', why: WORDS[state] ?? 'it ended without a word; the log may say more' };
}

const WORDS: Partial<Readonly<Record<JobState, string>>> = {
  NODE_FAIL: 'its node failed',
  BOOT_FAIL: 'its node did not start',
  OUT_OF_MEMORY: 'it ran out of memory',
  PREEMPTED: 'a job of more weight took its place',
};

/** The lines of one job, to be asked for each element of it. */
export interface JobLines {
  /** the element's own line, or the one that stands for all that wait; undefined when it is not listed */
  of(index: number): ListedJob | undefined;
}

/** An array has a line for each element that runs, and few for those that wait: ten thousand elements are found in one pass. */
export function linesOf(listed: readonly ListedJob[], isArray: boolean): JobLines {
  if (!isArray) return { of: () => listed[0] };
  const own = new Map(listed.map((job) => [job.index, job]));
  const many = listed
    .filter(({ index }) => !/^[0-9]+$/.test(index))
    .map((job) => ({ job, among: indexList(job.index) }));
  return { of: (index) => own.get(String(index)) ?? many.find(({ among }) => among(index))?.job };
}

/** Whether `0-7,9,12-20:4%2` names an index. A list that Slurm cut off (`...`) names all behind its end. */
export function indexList(list: string): (index: number) => boolean {
  const named = new Set<number>();
  let last = -1;
  let open = false;
  for (const range of (list.split('%')[0] ?? '').split(',')) {
    const match = /^([0-9]{1,9})(?:-([0-9]{1,9})(?::([0-9]{1,9}))?)?$/.exec(range);
    open ||= range.endsWith('...');
    if (match === null || open) continue;
    const high = Math.min(Number(match[2] ?? match[1]), MOST_ELEMENTS);
    for (let at = Number(match[1]); at <= high; at += Number(match[3] ?? 1) || 1) named.add(at);
    last = high;
  }
  return (index) => named.has(index) || (open && index > last);
}
