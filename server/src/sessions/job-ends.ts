import type { JobState } from '@berth/schema';

/** Slurm's word for an end -> ours for the person. A state that is not here is no end, whatever it is called. */
const ENDS: Partial<Readonly<Record<JobState, string>>> = {
  COMPLETED: 'has ended by itself',
  CANCELLED: 'was cancelled',
  FAILED: 'has failed',
  TIMEOUT: 'has reached its time limit',
  NODE_FAIL: 'was lost with its node',
  PREEMPTED: 'had to make room for other jobs',
  OUT_OF_MEMORY: 'has used more memory than it had',
  BOOT_FAIL: 'got a node that did not start',
  DEADLINE: 'could not start before its deadline',
};

/** Why a job in this state has ended; undefined when it has not, or nobody knows (I4). */
export const endOf = (state: JobState): string | undefined => ENDS[state];
