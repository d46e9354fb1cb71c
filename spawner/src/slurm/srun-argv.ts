import type { JobId, Resources } from '@berth/schema';
import { RESOURCE_OPTIONS, STEP_OPTIONS } from './slurm-language.ts';

export interface JobNames {
  /** shown by squeue; at most 64 characters of `[A-Za-z0-9._-]` */
  readonly name: string;
  /** by which our jobs are found again */
  readonly comment: string;
}

/** What a job asks for, as options of srun and sbatch alike. Every value was checked by the schema (T35). */
export function resourceOptions(resources: Resources): readonly string[] {
  const asked = (Object.keys(RESOURCE_OPTIONS) as (keyof typeof RESOURCE_OPTIONS)[]).flatMap((key) => {
    const value = resources[key];
    return value === undefined ? [] : [`${RESOURCE_OPTIONS[key]}=${value}`];
  });
  return [`--cpus-per-task=${resources.cpus}`, ...asked];
}

/** argv of an srun that makes a job of its own, up to the command. */
export function newJobArgv(srun: string, resources: Resources, names: JobNames): string[] {
  return [
    srun,
    ...STEP_OPTIONS,
    `--job-name=${names.name}`,
    `--comment=${names.comment}`,
    ...resourceOptions(resources),
    '--',
  ];
}

/**
 * argv of a step in a running job, up to the command: the whole node's share of the job, memory not counted twice
 * (`--mem=0`). srun does not inherit the allocation's `--cpus-per-task` since 22.05.
 */
export function stepArgv(srun: string, jobId: JobId, cpus: number, names: JobNames): string[] {
  return [
    srun,
    ...STEP_OPTIONS,
    `--jobid=${jobId}`,
    `--job-name=${names.name}`,
    `--comment=${names.comment}`,
    `--cpus-per-task=${cpus}`,
    '--mem=0',
    '--',
  ];
}
