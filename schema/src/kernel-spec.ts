import * as z from 'zod/mini';
import { LAUNCH_RECORD_VERSION } from './berth-file.ts';
import { ContainerConfig, Limits, NodeConfig, SlurmConfig, Source, StoreConfig } from './config.ts';
import { Image } from './image.ts';
import { Kernel } from './kernel.ts';
import { Resources } from './resources.ts';

/**
 * `berth.json` beside kernel.json: all that a launch needs, resolved and frozen when the kernelspec was written, so that
 * `berth kernel` reads one file and no configuration.
 */
export const LaunchRecord = z.readonly(
  z.strictObject({
    version: z.literal(LAUNCH_RECORD_VERSION),
    image: Image,
    kernel: Kernel,
    resources: Resources,
    source: Source,
    store: StoreConfig,
    slurm: SlurmConfig,
    node: NodeConfig,
    container: ContainerConfig,
    limits: Limits,
    restartGuard: z.number(),
  }),
);
export type LaunchRecord = z.infer<typeof LaunchRecord>;

/** Jupyter's kernel.json. Source: jupyter_client documentation, "Kernel specs". */
export const KernelSpec = z.readonly(
  z.looseObject({
    argv: z.readonly(z.array(z.string())).check(z.minLength(1)),
    display_name: z.string(),
    language: z.string(),
    env: z.optional(z.readonly(z.record(z.string(), z.string()))),
    interrupt_mode: z.optional(z.enum(['signal', 'message'])),
    metadata: z.optional(z.readonly(z.record(z.string(), z.unknown()))),
  }),
);
export type KernelSpec = z.infer<typeof KernelSpec>;
