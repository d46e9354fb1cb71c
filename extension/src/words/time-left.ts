import type { AllocationList, AllocationView } from '@berth/schema/rest';

/**
 * Seconds that a job has left, counted on from when Slurm said so; undefined when it has no end or does not run.
 * @param now milliseconds since 1970 at the server
 */
export function secondsLeft(
  { allocation }: AllocationView,
  at: AllocationList['at'],
  now: number,
): number | undefined {
  if (allocation.timeLeft === undefined || allocation.state !== 'RUNNING') return undefined;
  const said = at === undefined ? now : Date.parse(at);
  return Math.max(0, allocation.timeLeft - Math.max(0, now - (Number.isNaN(said) ? now : said)) / 1000);
}
