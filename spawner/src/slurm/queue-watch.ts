import type { Allocation } from '@berth/schema';
import { askJob, type JobSelector } from './squeue.ts';
import type { RunCommand } from './run-command.ts';

/**
 * Tells what Slurm says of a waiting job, at first after one second, then seldom: the grant itself is learned from
 * srun, not from here. A question that fails is asked again later and says nothing.
 * @param intervalMs least time between two questions; doubles up to 30 s while nothing changes
 */
export function watchQueue(
  run: RunCommand,
  squeue: string,
  selector: JobSelector,
  intervalMs: number,
  tell: (allocation: Allocation) => void,
): { stop(): void } {
  let stopped = false;
  let wait = intervalMs;
  let last = '';
  let timer: NodeJS.Timeout | undefined;
  const ask = async (): Promise<void> => {
    const answer = await askJob(run, squeue, selector).catch(() => undefined);
    if (stopped) return;
    if (answer?.kind === 'known' && answer.allocation.state === 'PENDING') {
      const said = `${answer.allocation.reason} ${answer.allocation.estimatedStart ?? ''}`;
      wait = said === last ? Math.min(wait * 2, 30_000) : intervalMs;
      if (said !== last) tell(answer.allocation);
      last = said;
    }
    timer = setTimeout(() => void ask(), wait);
  };
  timer = setTimeout(() => void ask(), 1000);
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
