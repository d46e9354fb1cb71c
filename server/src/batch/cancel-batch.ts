import { Failure, type JobId } from '@berth/schema';
import { cancelJob, livingBatches, type RunCommand } from '@berth/spawner/slurm';
import { join } from 'node:path';
import type { JobStore } from './job-store.ts';

export interface CancelParts {
  readonly store: JobStore;
  readonly run: RunCommand;
  /** where Slurm's commands are, absolute */
  readonly binDirectory: string;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/**
 * Ends a job, of a sweep all its elements or one of them; also done when it has just ended by itself. Slurm is asked first which number
 * is the job's: the one that was kept may be another job's by now, and of some none was kept (F11).
 * @throws Failure `slurm-unreachable`, `allocation-not-ended`, `job-not-numbered`
 */
export async function cancelBatch(
  id: string,
  index: number | undefined,
  { store, run, binDirectory, now }: CancelParts,
): Promise<void> {
  const living = await livingNow(run, binDirectory);
  const jobId = living.get(id);
  if (jobId === undefined) {
    const { slurm } = await store.demand(id);
    if (slurm.jobId === undefined) throw new Failure('job-not-numbered', { id });
    return;
  }
  const which = index === undefined ? jobId : `${jobId}_${index}`;
  const wasEnded = await cancelJob(run, join(binDirectory, 'scancel'), which);
  // afterwards: one that was not cancelled, or that Slurm was ending already, is never told as such
  const moment = new Date(now()).toISOString();
  const news = index === undefined ? { cancelled: moment } : { cancelledElements: { [index]: moment } };
  // its number as well: none was kept where sbatch did not answer
  await store.note(id, { jobId, ...(wasEnded && news) });
}

/** Numbers of the person's jobs that have not ended, by id, as Slurm says now. @throws Failure `slurm-unreachable` */
export const livingNow = (run: RunCommand, binDirectory: string): Promise<ReadonlyMap<string, JobId>> =>
  livingBatches(run, join(binDirectory, 'squeue')).catch((cause: Error) => {
    throw new Failure('slurm-unreachable', { why: cause.message }, { cause });
  });
