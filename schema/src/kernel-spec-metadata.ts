import * as z from 'zod/mini';

/**
 * What Berth adds to a kernelspec's `metadata.berth`: for the Lab and for people, never trusted for a launch. `sameAs` names
 * the kernelspec that stands for the same kernel of the same digest under another tag: the Lab shows one tile for both. In a
 * file of its own because the Lab loads it before its first paint, and nothing else of the schema.
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
