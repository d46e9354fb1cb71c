import type { JobId, JobState, LaunchPlan } from '@berth/schema';
import { askJob, type JobAnswer, type JobSelector } from '../slurm/index.ts';
import type { LaunchContext } from './launch-context.ts';

/** States in which Slurm has not said its last word about a job. */
const UNDECIDED: ReadonlySet<JobState> = new Set([
  'PENDING',
  'CONFIGURING',
  'RUNNING',
  'SUSPENDED',
  'COMPLETING',
]);
const ATTEMPTS = 8;
const BETWEEN_MS = 200;

/** How our job is found before its number is known: by its name, which holds the launch id. */
export function jobSelector(plan: LaunchPlan, context: LaunchContext): JobSelector {
  if (plan.placement.kind !== 'new-job') return { jobId: plan.placement.jobId };
  return { jobName: context.jobName, user: context.userName };
}

/**
 * Asks Slurm why a job ended, for some two seconds while it has not decided; undefined when it does not answer.
 * @param mayRun the job need not have ended at all: then "running" is an answer too
 */
export async function lastWord(
  plan: LaunchPlan,
  context: LaunchContext,
  jobId: JobId | undefined,
  mayRun = false,
): Promise<JobAnswer | undefined> {
  const selector = jobId === undefined ? jobSelector(plan, context) : { jobId };
  for (let attempt = 1; ; attempt++) {
    const answer = await askJob(context.run, context.squeue, selector).catch(() => undefined);
    const state = answer?.kind === 'known' ? answer.allocation.state : undefined;
    const undecided = state !== undefined && UNDECIDED.has(state) && !(mayRun && state === 'RUNNING');
    if (attempt >= ATTEMPTS || !undecided) return answer;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
}
