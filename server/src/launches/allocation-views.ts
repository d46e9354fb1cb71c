import type { JobId, JobState, Launch } from '@berth/schema';
import type { AllocationView, LaunchStory } from '@berth/schema/rest';
import { pendingReason, type ListedJob } from '@berth/spawner/slurm';
import { isOver } from './launch-stories.ts';

/**
 * Jobs of kernels as the panel shows them, and our own, each with the kernels in it: the one that made it, and those that joined
 * it. Notebooks that were submitted are shown by themselves. Pure.
 * @param ended jobs that were ended after Slurm was asked
 * @param own the job that we run in, whoever made it
 */
export function allocationViews(
  jobs: readonly ListedJob[],
  launches: readonly LaunchStory[],
  ended: ReadonlySet<string> = new Set(),
  own?: JobId,
): readonly AllocationView[] {
  const over = new Set(launches.filter(({ launch }) => endsItsJob(launch)).map(({ id }) => id));
  const now = (job: ListedJob): ListedJob['allocation'] =>
    ended.has(job.allocation.jobId) || over.has(job.launchId) ? ending(job.allocation) : job.allocation;
  return jobs
    .filter(({ kind, allocation }) => kind === 'kernel' || allocation.jobId === own)
    .map((job) => ({ ...job, allocation: now(job) }))
    .map(({ allocation, launchId, name, memory, gres, timeLimit }) => ({
      allocation,
      name,
      ...(allocation.jobId === own && { own: true }),
      why: allocation.state === 'PENDING' ? pendingReason(allocation.reason) : '',
      memory,
      gres,
      ...(timeLimit === undefined ? {} : { timeLimit }),
      kernels: launches
        .filter(({ id, launch }) => {
          if (isOver(launch)) return false;
          return id === launchId || ('jobId' in launch && launch.jobId === allocation.jobId);
        })
        .map(({ id, displayName, path }) => ({ launch: id, displayName, path })),
    }));
}

/** The job is its launcher's, and goes with it. Not where nobody heard how it ended: then only Slurm knows. */
const endsItsJob = (launch: Launch): boolean => 'outcome' in launch && launch.outcome.kind !== 'lost';

/** What Slurm said before is older than the end: until it says more, the job is on its way there. */
const ending = (allocation: ListedJob['allocation']): ListedJob['allocation'] =>
  LIVES.has(allocation.state) ? { ...allocation, state: 'COMPLETING' } : allocation;
const LIVES: ReadonlySet<JobState> = new Set(['PENDING', 'CONFIGURING', 'RUNNING', 'SUSPENDED', 'UNKNOWN']);

/** What is news about a job: all but the time that is left, which every page counts by itself. */
export const newsOf = (jobs: readonly ListedJob[]): string =>
  JSON.stringify(jobs.map((job) => ({ ...job, allocation: { ...job.allocation, timeLeft: undefined } })));
