import * as z from 'zod/mini';
import { JobId } from './allocation.ts';
import { Limits, NodeConfig, Source, StoreConfig } from './config.ts';
import { Image } from './image.ts';
import { Container } from './rootfs.ts';

/**
 * Where a kernel goes: a job of its own, a step in the job we are in, or right here on a node of that job. `argv` is
 * the whole srun command but for the agent's own command behind it.
 */
export const Placement = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('new-job'), argv: z.readonly(z.array(z.string())) }),
  z.object({ kind: z.literal('step'), jobId: JobId, argv: z.readonly(z.array(z.string())) }),
  z.object({ kind: z.literal('same-node'), jobId: JobId }),
]);
export type Placement = z.infer<typeof Placement>;

/** What the node has to do; nothing in it is secret, it travels as text over srun's stdin. */
export const NodePlan = z.readonly(
  z.object({
    /** 16 hex digits, also in the job's comment */
    launchId: z.string().check(z.regex(/^[a-f0-9]{16}$/)),
    image: Image,
    source: Source,
    store: StoreConfig,
    node: NodeConfig,
    limits: Limits,
    container: Container,
    /** user's home, absolute: `~` in the configuration was expanded with it */
    home: z.string(),
    /** directory of Slurm's commands on the node, for those that the kernel calls */
    slurm: z.string(),
    /** `berth` on the node, absolute, which makes other images ready that the kernel's commands name; "" for none */
    berth: z.string(),
    /** the configuration that it reads, absolute; "" for the one it finds */
    config: z.string(),
  }),
);
export type NodePlan = z.infer<typeof NodePlan>;

/** Everything that a launch will do, before anything is done; `berth kernel --dry-run` prints it. */
export const LaunchPlan = z.readonly(
  z.object({
    placement: Placement,
    node: NodePlan,
    listen: z.readonly(
      z.object({
        addresses: z.readonly(z.array(z.string())),
        portRange: z.optional(z.readonly(z.tuple([z.number(), z.number()]))),
      }),
    ),
  }),
);
export type LaunchPlan = z.infer<typeof LaunchPlan>;
