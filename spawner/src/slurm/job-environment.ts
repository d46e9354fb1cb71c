import { hostname } from 'node:os';
import { toJobId, type JobId } from '@berth/schema';
import { KEPT_ENV, OPTION_ENV, WHOLE_LISTS } from './slurm-language.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment without what another job or person asked of Slurm; where Slurm is stays known. */
export function withoutSlurmOptions(env: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    if (OPTION_ENV.test(name) && !(KEPT_ENV as readonly string[]).includes(name)) continue;
    kept[name] = value;
  }
  return kept;
}

/** The environment of questions to Slurm: nothing in it narrows or cuts an answer. */
export const askingEnvironment = (env: Environment): Record<string, string> => ({
  ...withoutSlurmOptions(env),
  ...WHOLE_LISTS,
});

/** Where this process stands with respect to Slurm. */
export type Standing =
  | { readonly kind: 'outside' }
  /** an allocation is ours, but we are not on a node of it (a shell of salloc) */
  | { readonly kind: 'beside'; readonly jobId: JobId; readonly cpus: number }
  /** we run on a node of the allocation, in a step of it */
  | { readonly kind: 'inside'; readonly jobId: JobId; readonly node: string };

/**
 * Read from the variables that slurmd sets for tasks (`SLURMD_NODENAME`) and salloc sets for its shell.
 * Source: srun(1), "OUTPUT ENVIRONMENT VARIABLES".
 */
export function standing(env: Environment): Standing {
  const jobId = toJobId(env['SLURM_JOB_ID']);
  if (jobId === undefined) return { kind: 'outside' };
  const node = env['SLURMD_NODENAME'];
  if (node) return { kind: 'inside', jobId, node };
  return { kind: 'beside', jobId, cpus: firstNodeCpus(env['SLURM_JOB_CPUS_PER_NODE']) };
}

/** This node as Slurm calls it, which need not be its host name; that outside of a job. */
export const nodeName = (env: Environment): string => env['SLURMD_NODENAME'] || hostname();

/** CPUs of the first node in Slurm's compressed list, e.g. `8(x2),4` -> 8; 1 when it says nothing. */
export function firstNodeCpus(list: string | undefined): number {
  const first = /^([0-9]{1,6})/.exec(list ?? '')?.[1];
  return first ? Math.max(1, Number(first)) : 1;
}
