import * as z from 'zod/mini';
import { Digest } from '../digest.ts';
import { Evidence } from '../kernel.ts';

/** A kernelspec's directory name, as Jupyter accepts one. Source: jupyter_client.kernelspec `_kernel_name_pat`. */
export const KernelName = z
  .string()
  .check(z.maxLength(64), z.regex(/^[a-z0-9][a-z0-9._-]*$/, 'not a kernel name'));

/** One kernel of the catalogue, lean: a page of 100 stays below 20 kB. */
export const KernelEntry = z.readonly(
  z.object({
    /** name of its kernelspec, written or not */
    name: KernelName,
    displayName: z.string(),
    language: z.string(),
    /** reference as a person would type it */
    image: z.string(),
    /** whether the kernelspec is written, so that Jupyter can start it */
    offered: z.boolean(),
    /** kernelspec that stands for the same kernel of the same digest under another tag: one tile for both */
    sameAs: z.optional(KernelName),
  }),
);
export type KernelEntry = z.infer<typeof KernelEntry>;

/** What to list. `search` are words that must all occur in display name, image or language; case does not matter. */
export const KernelQuery = z.readonly(
  z.strictObject({
    search: z.optional(z.string().check(z.maxLength(200))),
    language: z.optional(z.string().check(z.maxLength(64))),
    offered: z.optional(z.enum(['true', 'false'])),
    cursor: z.optional(z.string().check(z.maxLength(200))),
    limit: z.optional(z.string().check(z.regex(/^(?:100|[1-9][0-9]?)$/, 'a number from 1 to 100'))),
  }),
);
export type KernelQuery = z.infer<typeof KernelQuery>;

/** At most 20 kB, so that one with long names holds fewer than were asked for: only `next` says whether there is more. */
export const KernelPage = z.readonly(
  z.object({
    kernels: z.readonly(z.array(KernelEntry)).check(z.maxLength(100)),
    /** how many there are in all pages */
    total: z.number(),
    /** cursor of the next page; absent on the last */
    next: z.optional(z.string()),
    /** changes when the catalogue does */
    revision: z.string(),
  }),
);
export type KernelPage = z.infer<typeof KernelPage>;

/** All that is known of one kernel, with what was seen that made us believe it. */
export const KernelDetail = z.readonly(
  z.object({
    entry: KernelEntry,
    digest: Digest,
    argv: z.readonly(z.array(z.string())),
    prefix: z.string(),
    interpreter: z.optional(z.string()),
    version: z.optional(z.string()),
    created: z.optional(z.string()),
    /** compressed bytes of all layers */
    bytes: z.number(),
    evidence: z.readonly(z.array(Evidence)),
  }),
);
export type KernelDetail = z.infer<typeof KernelDetail>;

/** What is not as it should be: sources that do not answer, images that offer nothing; each with what to do. */
export const Troubles = z.readonly(
  z.object({
    sources: z.readonly(
      z.array(z.object({ source: z.string(), sentence: z.string(), hint: z.optional(z.string()) })),
    ),
    images: z.readonly(
      z.array(z.object({ image: z.string(), sentence: z.string(), hint: z.optional(z.string()) })),
    ),
  }),
);
export type Troubles = z.infer<typeof Troubles>;
