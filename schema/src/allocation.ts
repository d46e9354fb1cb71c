import * as z from 'zod/mini';

export const JobId = z
  .string()
  .check(z.regex(/^[0-9]{1,10}$/, 'not a job id'))
  .brand<'JobId'>();
export type JobId = z.infer<typeof JobId>;

/** Those of Slurm's job states in which a job has ended. Source: squeue(1). */
export const ENDED_JOB_STATES = [
  'COMPLETED',
  'CANCELLED',
  'FAILED',
  'TIMEOUT',
  'NODE_FAIL',
  'PREEMPTED',
  'OUT_OF_MEMORY',
  'BOOT_FAIL',
  'DEADLINE',
] as const;

/** Slurm's job states that we tell apart; anything else is `UNKNOWN`, which never means "ended". Source: squeue(1). */
export const JobState = z.enum([
  'PENDING',
  'CONFIGURING',
  'RUNNING',
  'SUSPENDED',
  'COMPLETING',
  ...ENDED_JOB_STATES,
  'UNKNOWN',
]);
export type JobState = z.infer<typeof JobState>;

/** A moment in ISO 8601 with its offset: a browser may be in another time zone than the cluster. */
export const Instant = z.iso.datetime({ offset: true });

/** A Slurm job that Berth holds or was given. `timeLeft` in seconds. */
export const Allocation = z.readonly(
  z.object({
    jobId: JobId,
    state: JobState,
    reason: z.string(),
    nodes: z.string(),
    partition: z.string(),
    cpus: z.number(),
    estimatedStart: z.optional(Instant),
    timeLeft: z.optional(z.number()),
  }),
);
export type Allocation = z.infer<typeof Allocation>;

/** One step of an Allocation: one kernel. */
export const Step = z.readonly(z.object({ jobId: JobId, stepId: z.string() }));
export type Step = z.infer<typeof Step>;
