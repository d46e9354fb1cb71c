import { Kernel } from '@berth/schema';
import * as z from 'zod/mini';

/** A Python that stands in an image, whether or not a kernel came of it. Paths are absolute in the image. */
export const Interpreter = z.readonly(
  z.object({
    path: z.string(),
    /** e.g. `3.11` */
    version: z.optional(z.string()),
    /** installation prefix, e.g. `/usr` */
    prefix: z.string(),
    /** version of the ipykernel that it can import, e.g. `6.29.5`; `unknown` when the package does not say */
    ipykernel: z.optional(z.string()),
  }),
);
export type Interpreter = z.infer<typeof Interpreter>;

/** A kernelspec that is there and cannot be offered. */
export const Broken = z.readonly(z.object({ path: z.string(), why: z.string() }));
export type Broken = z.infer<typeof Broken>;

export const FoundKernels = z.readonly(
  z.object({
    kernels: z.readonly(z.array(Kernel)),
    seen: z.readonly(z.array(Interpreter)),
    broken: z.readonly(z.array(Broken)),
    /** what was left out of healthy kernels, e.g. a dropped environment variable */
    notices: z.readonly(z.array(z.string())),
  }),
);
export type FoundKernels = z.infer<typeof FoundKernels>;
