import { Failure } from '@berth/schema';
import { silenceWords } from './job-list.ts';
import type { CommandResult, RunCommand } from './run-command.ts';

/**
 * Ends a job of the caller's, of an array all elements. Also done when it has just ended by itself.
 * @returns whether there was something to end; not so when it is being ended already
 * @throws Failure `slurm-unreachable`, `allocation-not-ended`
 */
export async function cancelJob(run: RunCommand, scancel: string, jobId: string): Promise<boolean> {
  // --me: a number that is another's by now ends nothing, also for an operator of Slurm
  const result = await run([scancel, '--me', jobId]).catch((cause: Error) => {
    throw new Failure('slurm-unreachable', { why: cause.message }, { cause });
  });
  demandEnded(jobId, result);
  // some of the elements of an array may have ended, and others not
  return !result.stderr
    .split('\n')
    .some((line) => ENDED.test(line) && (/job id (\S+):/i.exec(line)?.[1] ?? jobId) === jobId);
}

/** What scancel says of a job that has just ended by itself: it is as it was wanted. */
const ENDED = /Invalid job id|already completing or completed/i;
/** Its words for one job; whatever else it says is that nobody answers. Source: scancel 22.05, slurm_errno.c */
const OF_JOB =
  /Kill job error on job id \S+: (?!.*(?:Unable to contact|Zero Bytes|timed out|authentication))(.+)/i;

function demandEnded(jobId: string, { status, stderr }: CommandResult): void {
  if (status === 0 || ENDED.test(stderr)) return;
  const why = OF_JOB.exec(stderr)?.[1];
  if (why !== undefined) throw new Failure('allocation-not-ended', { jobId, why });
  throw new Failure('slurm-unreachable', { why: silenceWords(stderr, status) });
}
