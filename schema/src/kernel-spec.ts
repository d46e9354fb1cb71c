import * as z from 'zod/mini';
import { LAUNCH_RECORD_VERSION } from './berth-file.ts';
import { ContainerConfig, Limits, NodeConfig, RegistrySource, SlurmConfig, StoreConfig } from './config.ts';
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
    source: RegistrySource,
    store: StoreConfig,
    slurm: SlurmConfig,
    node: NodeConfig,
    container: ContainerConfig,
    limits: Limits,
    restartGuard: z.number(),
  }),
);
export type LaunchRecord = z.infer<typeof LaunchRecord>;

/**
 * What Berth adds to a kernelspec's `metadata.berth`: for the Lab and for people, never trusted for a launch. `sameAs` names
 * the kernelspec that stands for the same kernel of the same digest under another tag: the Lab shows one tile for both.
 */
export const KernelSpecMetadata = z.readonly(
  z.object({
    image: z.string(),
    digest: z.string(),
    kernel: z.string(),
    language: z.string(),
    sameAs: z.optional(z.string()),
  }),
);
export type KernelSpecMetadata = z.infer<typeof KernelSpecMetadata>;

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
