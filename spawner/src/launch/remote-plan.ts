import type { LaunchPlan } from '@berth/schema';

/** A plan whose kernel runs in a step that srun starts. */
export type RemotePlan = LaunchPlan & { readonly placement: { readonly argv: readonly string[] } };
