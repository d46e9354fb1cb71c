import * as z from 'zod/mini';
import { Instant, JobId, JobState } from './allocation.ts';
import { Resources } from './resources.ts';

/**
 * How a kernel ended, from positive evidence only: a failing query never makes one. `sentence` is for the person. A
 * job's end (`cancelled` to `image-failed`) stops Jupyter's automatic restart from submitting another.
 */
export const Outcome = z.readonly(
  z.object({
    kind: z.enum([
      'exited',
      'signalled',
      'out-of-memory',
      'cancelled',
      'time-limit',
      'preempted',
      'node-failed',
      'image-failed',
      'refused',
      'lost',
    ]),
    sentence: z.string(),
    hint: z.optional(z.string()),
    /** exit status that the launcher ends with: the kernel's own, or 128 + signal */
    status: z.number(),
    jobId: z.optional(JobId),
    /** ISO 8601 */
    at: z.string(),
  }),
);
export type Outcome = z.infer<typeof Outcome>;

/** The story of one launch; `asking` waits for the person's word before it submits a job. A ready launch cannot lack its job; a queued one cannot have a node. */
export const Launch = z.discriminatedUnion('state', [
  z.object({ state: z.literal('asking'), resources: Resources }),
  z.object({
    state: z.literal('queued'),
    jobId: z.optional(JobId),
    reason: z.string(),
    estimatedStart: z.optional(Instant),
  }),
  z.object({ state: z.literal('starting'), jobId: z.optional(JobId), node: z.string(), doing: z.string() }),
  z.object({ state: z.literal('ready'), jobId: z.optional(JobId), node: z.string(), pid: z.number() }),
  z.object({ state: z.literal('failed'), outcome: Outcome }),
  z.object({ state: z.literal('ended'), outcome: Outcome, jobState: z.optional(JobState) }),
]);
export type Launch = z.infer<typeof Launch>;
