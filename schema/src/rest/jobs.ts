import * as z from 'zod/mini';
import { Instant, JobId } from '../allocation.ts';
import { AttemptError, BatchId, MOST_ELEMENTS, ParameterName, Parameters } from '../job-record.ts';
import { Resources } from '../resources.ts';
import { KernelName } from './kernels.ts';
import { NotebookPath } from './wishes.ts';

export { BatchId, ParameterName, Parameters };

/**
 * Where an element stands. `lost`: Slurm has forgotten it, and nothing says how it ended; a question that Slurm did not answer
 * never makes one so.
 */
export const ElementState = z.enum([
  'queued',
  'starting',
  'running',
  'completed',
  'failed',
  'cancelled',
  'timed-out',
  'lost',
]);
export type ElementState = z.infer<typeof ElementState>;

/** One run of the notebook: the whole of a job without a sweep. */
export const JobElement = z.readonly(
  z.object({
    index: z.number(),
    state: ElementState,
    /** how often it was begun; 0 before the first time */
    attempts: z.number(),
    /** why it waits, or why it ended so, for people; absent when there is nothing to say */
    why: z.optional(z.string()),
    error: z.optional(AttemptError),
    node: z.optional(z.string()),
    began: z.optional(z.string()),
    ended: z.optional(z.string()),
    cells: z.optional(z.object({ total: z.number(), done: z.number() })),
    /** of its row; absent in a list of jobs but for those that went wrong */
    parameters: z.optional(Parameters),
    /** whether there is an output to open */
    output: z.boolean(),
  }),
);
export type JobElement = z.infer<typeof JobElement>;

/** A notebook that was submitted. */
export const JobView = z.readonly(
  z.object({
    id: BatchId,
    /** Slurm's number; absent when it is not known (yet) */
    jobId: z.optional(JobId),
    /** name of the notebook's file */
    name: z.string(),
    /** the notebook as Jupyter names it, when it is below its root */
    path: z.optional(NotebookPath),
    kernel: z.object({ name: z.string(), displayName: z.string() }),
    resources: Resources,
    submitted: Instant,
    /** of all elements together: while one is not over the job is not */
    state: ElementState,
    /** file of the sweep; absent when there is none */
    sweep: z.optional(z.string()),
    /** how many elements are in each state */
    counts: z.readonly(z.partialRecord(ElementState, z.number())),
    /** the only one of a job without a sweep; of a sweep the first that went wrong, `SHOWN_FAILING` at most */
    shown: z.readonly(z.array(JobElement)),
  }),
);
export type JobView = z.infer<typeof JobView>;
export const SHOWN_FAILING = 20;

export const JobList = z.readonly(
  z.object({
    /** newest first */
    jobs: z.readonly(z.array(JobView)),
    /** why states may be old: Slurm does not answer. Never means that anything has ended. */
    stale: z.optional(z.string()),
  }),
);
export type JobList = z.infer<typeof JobList>;

/** A job with all its elements, each with its parameters. */
export const JobDetail = z.readonly(
  z.object({ job: JobView, elements: z.readonly(z.array(JobElement)).check(z.maxLength(MOST_ELEMENTS)) }),
);
export type JobDetail = z.infer<typeof JobDetail>;

/** What to submit; what is left out is the notebook's own. */
export const JobOrder = z.readonly(
  z.strictObject({
    path: NotebookPath,
    kernel: z.optional(KernelName),
    resources: z.optional(Resources),
    parameters: z._default(Parameters, {}),
    /** path of a CSV file below Jupyter's root: one element for each row, the header names parameters */
    sweep: z.optional(NotebookPath),
  }),
);
export type JobOrder = z.infer<typeof JobOrder>;

/** A new order, or the same once more as an earlier job. */
export const JobSubmission = z.union([JobOrder, z.readonly(z.strictObject({ again: BatchId }))]);
export type JobSubmission = z.infer<typeof JobSubmission>;

/** An index as it stands in an address. */
export const IndexText = z.string().check(z.regex(/^(?:0|[1-9][0-9]{0,3})$/, 'not the index of an element'));

/** Which part of a log: bytes from the beginning, decimal; or with a `-` in front, so many before its end. */
export const JobLogQuery = z.readonly(
  z.strictObject({
    from: z._default(z.string().check(z.regex(/^-?[0-9]{1,15}$/, 'not a number of bytes')), '0'),
  }),
);

/** A part of what was said during the newest attempt; the next part begins at `next`. */
export const JobLog = z.readonly(
  z.object({
    text: z.string(),
    next: z.number(),
    /** of which attempt, from 0, or -1 before the first has begun; when it is another than before, read from the beginning */
    attempt: z.number(),
    /** whether there was more to read at once */
    more: z.boolean(),
  }),
);
export type JobLog = z.infer<typeof JobLog>;

/** The notebook with what its cells have given so far, as the node wrote it: a cell may say that it can be trusted, and must not be (T41). */
export const JobOutput = z.readonly(
  z.object({
    /** a notebook of nbformat 4 */
    notebook: z.looseObject({ cells: z.array(z.looseObject({ cell_type: z.string() })) }),
    /** when it was saved last */
    saved: z.string(),
    attempt: z.number(),
  }),
);
export type JobOutput = z.infer<typeof JobOutput>;
