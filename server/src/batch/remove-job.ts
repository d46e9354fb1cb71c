import { Failure } from '@berth/schema';
import { isOverState } from './element-story.ts';
import type { ReadJob } from './job-reader.ts';
import type { JobStore } from './job-store.ts';

/** Listed: its node may write yet, or an administrator has it run anew. */
export const isRemovable = ({ view: { state }, listed }: ReadJob): boolean =>
  listed === false && isOverState(state);

/**
 * Removes a job that is over, and all that it wrote into its directory: outputs and logs. What the notebook itself wrote elsewhere stays.
 * @throws Failure `job-not-over`, `job-not-removed`, `slurm-unreachable`
 */
export async function removeJob(job: ReadJob, store: JobStore): Promise<void> {
  const { id, state } = job.view;
  if (job.listed === undefined && isOverState(state))
    throw new Failure('slurm-unreachable', { why: 'it has not said yet whether the job begins anew' });
  if (!isRemovable(job)) throw new Failure('job-not-over', { id });
  await store.remove(id).catch((cause: Error) => {
    throw new Failure('job-not-removed', { id, why: cause.message }, { cause });
  });
}
