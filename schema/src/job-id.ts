import type { JobId } from './allocation.ts';

/** A job id as Slurm writes it, checked without a schema: on the way of a start there is no time to build one. */
export function toJobId(text: string | undefined): JobId | undefined {
  return text !== undefined && /^[0-9]{1,10}$/.test(text) ? (text as JobId) : undefined;
}
