import { constants } from 'node:os';
import { FAILURES, type Allocation, type JobId, type Outcome } from '@berth/schema';
import type { JobAnswer } from '../slurm/index.ts';
import type { ToLauncher } from './messages.ts';

type Exit = Extract<ToLauncher, { type: 'exit' }>;
type Failed = Extract<ToLauncher, { type: 'failed' }>;

/** All that is known when a launch is over. What could not be learned is absent, and nothing is concluded from that. */
export interface EndEvidence {
  readonly at: string;
  readonly jobId?: JobId | undefined;
  readonly exit?: Exit | undefined;
  readonly failed?: Failed | undefined;
  /** srun's own end, its last words, and whether the agent had ever spoken */
  readonly srun?: { readonly status: number | null; readonly lastWords: string } | undefined;
  readonly greeted: boolean;
  /** Slurm's answer about the job after the end; undefined when it could not be asked */
  readonly job?: JobAnswer | undefined;
  /** we ended it ourselves, for this reason */
  readonly stopped?: 'asked' | 'client-gone' | undefined;
}

const signalNumber = (signal: string): number => (constants.signals as Record<string, number>)[signal] ?? 0;

const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  SIGSEGV: 'segmentation fault',
  SIGABRT: 'it aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'arithmetic error',
  SIGILL: 'illegal instruction',
  SIGKILL: 'it was killed',
  SIGTERM: 'it was told to end',
};

const gigabytes = (bytes: number): string =>
  `${(bytes / 1024 ** 3).toFixed(bytes < 10 * 1024 ** 3 ? 1 : 0)} GB`;

/** One sentence why it ended and the status to end with; pure. */
export function concludeOutcome(evidence: EndEvidence): Outcome {
  const { at, exit, failed, job, stopped, greeted, srun } = evidence;
  // a job that never began has told nobody its number but Slurm
  const jobId = evidence.jobId ?? (job?.kind === 'known' ? job.allocation.jobId : undefined);
  const end = (kind: Outcome['kind'], sentence: string, status: number, hint?: string): Outcome => ({
    kind,
    sentence,
    status,
    at,
    ...(hint === undefined ? {} : { hint }),
    ...(jobId === undefined ? {} : { jobId }),
  });
  const which = jobId === undefined ? 'the job' : `job ${jobId}`;

  const byJob = job?.kind === 'known' ? ofJob(job.allocation, which, greeted, end) : undefined;
  // a SIGKILL of Slurm's reaches what holds the container as well: that it is gone is then no failure of its own
  const killedWithStep = failed?.code === 'container-lost' && (byJob !== undefined || isStepCancelled(srun));
  // what was cancelled was so because we or Slurm said it: that is the reason, not this
  if (failed && failed.code !== 'cancelled' && !killedWithStep && stopped === undefined) {
    return end(
      failed.code === 'internal' ? 'lost' : 'image-failed',
      failed.sentence,
      failed.status,
      failed.hint,
    );
  }
  // Slurm signals kernel and agent at once: the kernel's death may be told before the agent knows of its own
  if (exit && byJob && killedFromOutside(exit) && stopped === undefined) return byJob;
  if (exit && !exit.terminated) return ofKernel(exit, end);
  if (stopped === 'client-gone') return end('exited', `The Jupyter server is gone; ${which} was ended.`, 143);
  if (stopped === 'asked') return end('exited', 'Ended on request.', 143);
  if (byJob) return byJob;
  if (exit?.terminated || failed)
    return end('cancelled', `The kernel's step in ${which} was cancelled.`, 143);
  if (!greeted) {
    const why = srun?.lastWords === undefined || srun.lastWords === '' ? 'it gave no reason' : srun.lastWords;
    return end(
      'refused',
      `Slurm did not start the kernel: ${why}`,
      SLURM_REFUSED,
      'Check partition, account, limits and time of the chosen resources; "berth kernel --dry-run" prints what is asked.',
    );
  }
  const said = srun?.lastWords ? ` Slurm's last words: ${srun.lastWords}` : '';
  return end(
    'lost',
    `Berth's agent on the node ended without a word; ${which} may have been killed.${said}`,
    137,
  );
}

/** slurmstepd's own line, which srun passes on; there is no record of a step's end without accounting. */
const isStepCancelled = (srun: EndEvidence['srun']): boolean =>
  /\*\*\* STEP \S+ ON \S+ CANCELLED AT/.test(srun?.lastWords ?? '');

/** Exit statuses of the failures slurm-refused and command-failed. */
const SLURM_REFUSED = FAILURES['slurm-refused'].exit;
const COMMAND_FAILED = FAILURES['command-failed'].exit;

/** Last words of the programs that lead into the container, each of which would have become the next one. */
const NEVER_BEGAN = /^(?:ch-run\[[0-9]+\]: error|berth-place): /;

/** A death that Slurm may have brought: whether it did, only the job's state tells. */
export const killedFromOutside = (exit: Exit): boolean =>
  exit.outOfMemory === undefined && (exit.signal === 'SIGTERM' || exit.signal === 'SIGKILL');

type End = (kind: Outcome['kind'], sentence: string, status: number, hint?: string) => Outcome;

function ofKernel(exit: Exit, end: End): Outcome {
  if (exit.outOfMemory) {
    const limit = exit.outOfMemory.limit === undefined ? '' : `, limit ${gigabytes(exit.outOfMemory.limit)}`;
    return end(
      'out-of-memory',
      `The kernel ran out of memory${limit}.`,
      137,
      'Choose resources with more memory.',
    );
  }
  const signal = exit.signal;
  if (signal !== null) {
    return end(
      'signalled',
      `The kernel ended by ${signal}: ${SIGNAL_WORDS[signal] ?? 'a signal'}.`,
      128 + signalNumber(signal),
    );
  }
  const status = exit.code ?? 1;
  if (status === 0) return end('exited', 'The kernel ended.', 0);
  if (NEVER_BEGAN.test(exit.lastWords)) {
    return end(
      'image-failed',
      `The kernel command could not be run in the image: ${exit.lastWords}.`,
      COMMAND_FAILED,
      '"berth images show" tells what was found in the image, "berth doctor" what is missing on the node.',
    );
  }
  const said = exit.lastWords === '' ? '' : ` It said: ${exit.lastWords}`;
  return end(
    'exited',
    `The kernel ended with exit status ${status}.${said}`,
    status,
    'What it wrote before that is above in this log.',
  );
}

function ofJob(
  { state, reason }: Allocation,
  which: string,
  greeted: boolean,
  end: End,
): Outcome | undefined {
  switch (state) {
    case 'CANCELLED':
      return end('cancelled', `${capital(which)} was cancelled.`, 143);
    case 'TIMEOUT':
    case 'DEADLINE':
      return end(
        'time-limit',
        `${capital(which)} reached its time limit.`,
        143,
        'Choose resources with more time.',
      );
    case 'PREEMPTED':
      return end('preempted', `${capital(which)} was preempted by another.`, 143);
    case 'NODE_FAIL':
    case 'BOOT_FAIL':
      return end('node-failed', `The node of ${which} failed.`, 143);
    case 'OUT_OF_MEMORY':
      return end(
        'out-of-memory',
        `${capital(which)} ran out of memory.`,
        137,
        'Choose resources with more memory.',
      );
    case 'PENDING':
    case 'CONFIGURING':
    case 'RUNNING':
    case 'SUSPENDED':
    case 'COMPLETING':
    case 'COMPLETED':
    case 'UNKNOWN':
      return undefined;
    case 'FAILED':
      // srun's own words say more of a job that never began
      if (!greeted) return undefined;
      // Slurm says JobLaunchFailure also of a task that was killed
      return /^(?:NonZeroExitCode|None|RaisedSignal.*|JobLaunchFailure)?$/.test(reason)
        ? undefined
        : end('lost', `${capital(which)} failed: ${reason}.`, 1);
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
