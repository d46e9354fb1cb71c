import * as z from 'zod/mini';
import { ConnectionFile, type NodePlan } from '@berth/schema';

/**
 * What launcher and agent tell each other over srun's stdin and stdout, one JSON object a line. Public keys go in the
 * clear; the only secrets (keys of the connection file) go in `start`, sealed with the key both sides derived.
 */
/** Made by our own launcher from a checked record; building its schema would hold up the start by 10 ms. */
const Plan = z.custom<NodePlan>(
  (value) => typeof value === 'object' && value !== null && 'launchId' in value,
);

const bytes = (length: number) => z.base64().check(z.maxLength(length));

export const ToAgent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('plan'), plan: Plan }),
  z.object({
    type: z.literal('start'),
    publicKey: bytes(64),
    sealed: bytes(65536),
    addresses: z.array(z.string()).check(z.maxLength(64)),
    port: z.number(),
  }),
  z.object({
    type: z.literal('signal'),
    signal: z.enum(['SIGINT', 'SIGTERM', 'SIGKILL', 'SIGUSR1', 'SIGUSR2', 'SIGHUP']),
  }),
  z.object({ type: z.literal('stop') }),
]);
export type ToAgent = z.infer<typeof ToAgent>;

/** What `start` seals: the client's connection file, to be rewritten for ipc inside. */
export const Sealed = z.object({ connection: ConnectionFile });

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
