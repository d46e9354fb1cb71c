import * as z from 'zod/mini';
import { Allocation } from '../allocation.ts';
import { LaunchId } from './launches.ts';

/** One job of the person's that Berth made, or that this server runs in, as the panel shows it. */
export const AllocationView = z.readonly(
  z.object({
    allocation: Allocation,
    name: z.string(),
    /** this server itself runs in it, and is not ended by itself */
    own: z.optional(z.boolean()),
    /** Slurm's reason in words; empty when there is none */
    why: z.string(),
    /** as Slurm writes it, e.g. `4G` */
    memory: z.string(),
    /** generic resources as asked, e.g. `gpu:1`; empty when none */
    gres: z.string(),
    /** whole time limit in seconds; absent when unlimited */
    timeLimit: z.optional(z.number()),
    kernels: z.readonly(z.array(z.object({ launch: LaunchId, displayName: z.string(), path: z.string() }))),
  }),
);
export type AllocationView = z.infer<typeof AllocationView>;

export const AllocationList = z.readonly(
  z.object({
    /** when Slurm said so, ISO 8601; absent when it has not been asked yet */
    at: z.optional(z.string()),
    allocations: z.readonly(z.array(AllocationView)),
    /** why the list is not fresh: Slurm does not answer. Never means that anything has ended. */
    stale: z.optional(z.string()),
  }),
);
export type AllocationList = z.infer<typeof AllocationList>;
