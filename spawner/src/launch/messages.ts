import * as z from 'zod/mini';

/**
 * What an agent and its place tell the launcher over srun's stdout, one JSON object a line: a prolog may have written
 * anything there. The other way, over srun's stdin, go frames (frames.ts): `P` the order for the place, `N` the plan for
 * the agent, `S` launcher's public key and sealed connection file, `D` where to dial, `G` a signal, `X` stop. Public keys go in the
 * clear; the only secrets (keys of the connection file) are sealed with the key that both sides derived.
 */
const bytes = (length: number) => z.base64().check(z.maxLength(length));

export const ToLauncher = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    publicKey: bytes(64),
    jobId: z.optional(z.string()),
    stepId: z.optional(z.string()),
    node: z.string(),
    /** milliseconds since the epoch at which the agent's program began, for the table of stages */
    began: z.number(),
  }),
  z.object({ type: z.literal('doing'), doing: z.string() }),
  z.object({ type: z.literal('running'), pid: z.number(), stages: z.record(z.string(), z.number()) }),
  z.object({
    type: z.literal('failed'),
    code: z.string(),
    sentence: z.string(),
    hint: z.string(),
    status: z.number(),
  }),
  z.object({
    type: z.literal('exit'),
    code: z.nullable(z.number()),
    signal: z.nullable(z.string()),
    /** the step's memory cgroup counted a kill for want of memory; its limit in bytes where known */
    outOfMemory: z.optional(z.object({ limit: z.optional(z.number()) })),
    /** the agent itself had been told to end by Slurm (SIGTERM) before the kernel ended */
    terminated: z.boolean(),
    lastWords: z.string(),
  }),
]);
export type ToLauncher = z.infer<typeof ToLauncher>;
