import * as z from 'zod/mini';
import { Instant, JobId, JobState } from './allocation.ts';
import { Resources } from './resources.ts';

/** The version of the files of a batch job that this code writes and reads. */
export const JOB_RECORD_VERSION = 1;

/** Id of a batch job, ours: Slurm's number may be given again. */
export const BatchId = z.string().check(z.regex(/^[a-f0-9]{16}$/, 'not the id of a job'));

/** Elements of one job: the rows of its sweep. Slurm's own limit (MaxArraySize) is lower mostly, and is said by it. */
export const MOST_ELEMENTS = 10_000;

/** A variable in all the languages that parameters can be written in; it becomes code (T41). */
export const ParameterName = z
  .string()
  .check(z.regex(/^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'a name of letters, digits and "_"'));

/**
 * Name to text. The text is taken for what it says as JSON (`0.1`, `true`, `[1, 2]`, `"5"`), and else for itself; never for YAML,
 * whose tags can name code (T41). By the program on the node alone, so that no number is rounded on the way.
 */
export const Parameters = z.readonly(z.record(ParameterName, z.string().check(z.maxLength(16_384))));
export type Parameters = z.infer<typeof Parameters>;

/** `job.json`: what was submitted; never changed. */
export const JobRecord = z.readonly(
  z.object({
    version: z.literal(JOB_RECORD_VERSION),
    id: BatchId,
    /** the notebook that was copied, absolute */
    notebook: z.string(),
    kernel: z.object({
      name: z.string(),
      displayName: z.string(),
      language: z.string(),
      image: z.string(),
    }),
    resources: Resources,
    submitted: Instant,
    /** 1 unless it is a sweep */
    elements: z.int().check(z.gte(1), z.lte(MOST_ELEMENTS)),
    /** file of the sweep as it was named */
    sweep: z.optional(z.string()),
    /** what the program on the node needs: working directory, further environment, where squeue is */
    run: z.object({
      directory: z.string(),
      env: z.readonly(z.record(z.string(), z.string())),
      squeue: z.string(),
    }),
  }),
);
export type JobRecord = z.infer<typeof JobRecord>;

/** `slurm.json`: the number that Slurm gave, and what it said before it forgot. */
export const SlurmRecord = z.readonly(
  z.object({
    jobId: z.optional(JobId),
    /** when it had given that number; what was asked of Slurm before says nothing of the job */
    acknowledged: z.optional(Instant),
    /** when the person cancelled it through us */
    cancelled: z.optional(Instant),
    /** ... and when single elements of it, by index */
    cancelledElements: z.optional(z.readonly(z.record(z.string(), Instant))),
    /** last state of elements, by index */
    ended: z._default(z.readonly(z.record(z.string(), JobState)), {}),
    /** ... and how many attempts they had had by then: it says nothing of a later one */
    endedAttempts: z.optional(z.readonly(z.record(z.string(), z.number()))),
    /** how many attempts elements had had when Slurm did not know any more how they ended, by index: it is not asked again */
    forgotten: z.optional(z.readonly(z.record(z.string(), z.number()))),
    /** when the list was asked for that lacked them: an older one, e.g. of another program, says nothing against that */
    lacked: z.optional(Instant),
  }),
);
export type SlurmRecord = z.infer<typeof SlurmRecord>;

/** Why an attempt failed, as the program on the node found it. */
export const AttemptError = z.readonly(
  z.object({
    /** number of the cell among those with code, from 1; none when no cell is to blame */
    cell: z.optional(z.number()),
    /** e.g. `ValueError`; or a failure's code */
    name: z.string(),
    message: z.string(),
  }),
);
export type AttemptError = z.infer<typeof AttemptError>;

/** `status.json` of an attempt, written on the node, whole each time. */
export const AttemptStatus = z.readonly(
  z.object({
    /** `stopped`: Slurm has ended it, or will in a moment */
    state: z.enum(['running', 'completed', 'failed', 'stopped']),
    node: z.string(),
    jobId: z.string(),
    began: Instant,
    ended: z.optional(Instant),
    /** cells with code: how many there are, and how many are done */
    cells: z.optional(z.object({ total: z.number(), done: z.number() })),
    error: z.optional(AttemptError),
    /** Slurm's reason when it was stopped, e.g. `TimeLimit`; empty when it gave none */
    reason: z.optional(z.string()),
  }),
);
export type AttemptStatus = z.infer<typeof AttemptStatus>;
