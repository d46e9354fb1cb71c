import * as z from 'zod/mini';
import { Problem } from './problem.ts';

/** How the last look into all sources ended. `at` in ISO 8601. */
export const ScanResult = z.readonly(
  z.object({
    at: z.string(),
    images: z.number(),
    kernels: z.number(),
    /** images that could not be looked into */
    failed: z.number(),
  }),
);
export type ScanResult = z.infer<typeof ScanResult>;

/** The look into all sources: none under way, or how far it is. `bytes` came over the network. */
export const ScanState = z.discriminatedUnion('state', [
  z.object({ state: z.literal('idle'), last: z.optional(ScanResult) }),
  z.object({
    state: z.literal('running'),
    began: z.string(),
    images: z.number(),
    done: z.number(),
    bytes: z.number(),
    last: z.optional(ScanResult),
  }),
  z.object({ state: z.literal('failed'), at: z.string(), problem: Problem, last: z.optional(ScanResult) }),
]);
export type ScanState = z.infer<typeof ScanState>;
