import * as z from 'zod/mini';
import { Instant, JobId } from './allocation.ts';

const text = z.nullable(z.string());

/**
 * `/run/berth/allocation.json` in every container: the Slurm job in which it runs, as Slurm words it. Written by
 * allocation.c: at the start from what the step was told, seconds later with what Slurm answers, and again every quarter of
 * an hour, since a time limit may be changed. Always replaced as a whole. `null`: not known, or there is none.
 */
export const JobAllocation = z.readonly(
  z.strictObject({
    version: z.literal(1),
    jobId: JobId,
    /** Slurm's list of all nodes, e.g. `gpu[1-4]` */
    nodes: text,
    partition: text,
    /** of the whole job */
    cpus: z.int(),
    /** of each node or CPU, as asked for: `64G` */
    memory: text,
    /** of each node, as asked for: `gres:gpu:2` */
    gres: text,
    /** when its time limit ends it */
    end: z.nullable(Instant),
  }),
);
export type JobAllocation = z.infer<typeof JobAllocation>;
