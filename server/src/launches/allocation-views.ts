import type { AllocationView, LaunchStory } from '@berth/schema/rest';
import { pendingReason, type ListedJob } from '@berth/spawner/slurm';
import { isOver } from './launch-stories.ts';

/** Jobs as the panel shows them, each with the kernels in it: the one that made it, and those that joined it. Pure. */
export function allocationViews(
  jobs: readonly ListedJob[],
  launches: readonly LaunchStory[],
): readonly AllocationView[] {
  return jobs.map(({ allocation, launchId, name, memory, gres, timeLimit }) => ({
    allocation,
    name,
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

/** What is news about a job: all but the time that is left, which every page counts by itself. */
export const newsOf = (jobs: readonly ListedJob[]): string =>
  JSON.stringify(jobs.map((job) => ({ ...job, allocation: { ...job.allocation, timeLeft: undefined } })));
