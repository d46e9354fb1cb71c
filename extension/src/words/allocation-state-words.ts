import type { JobState } from '@berth/schema';
import type { TranslationBundle } from '@jupyterlab/translation';

/** Slurm's state of a job in a word for people. `UNKNOWN` never reads as an end. Source: squeue(1), "JOB STATE CODES". */
export function allocationStateWords(state: JobState, trans: TranslationBundle): string {
  const words: Readonly<Record<JobState, string>> = {
    PENDING: trans.__('waiting'),
    CONFIGURING: trans.__('node is booting'),
    RUNNING: trans.__('running'),
    SUSPENDED: trans.__('suspended'),
    COMPLETING: trans.__('ending'),
    COMPLETED: trans.__('ended'),
    CANCELLED: trans.__('cancelled'),
    FAILED: trans.__('failed'),
    TIMEOUT: trans.__('time limit'),
    NODE_FAIL: trans.__('node failed'),
    PREEMPTED: trans.__('preempted'),
    OUT_OF_MEMORY: trans.__('out of memory'),
    BOOT_FAIL: trans.__('node did not boot'),
    DEADLINE: trans.__('deadline'),
    UNKNOWN: trans.__('not known'),
  };
  return words[state];
}
