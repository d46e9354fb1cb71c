import * as z from 'zod/mini';
import { Digest } from './digest.ts';

/** Why we believe that a kernel is there: which file of which layer said what. */
export const Evidence = z.readonly(z.object({ path: z.string(), layer: Digest, says: z.string() }));
export type Evidence = z.infer<typeof Evidence>;

/**
 * A kernel found inside an image. `id` is unique in the image and stable over rebuilds (it comes from paths, not from
 * versions). `argv` is absolute inside the image and still holds `{connection_file}` where the kernel wants it.
 */
export const Kernel = z.readonly(
  z.object({
    id: z.string().check(z.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)),
    origin: z.enum(['kernelspec', 'python-prefix']),
    language: z.string(),
    displayName: z.string(),
    argv: z.readonly(z.array(z.string())).check(z.minLength(1)),
    env: z.readonly(z.record(z.string(), z.string())),
    interruptMode: z.enum(['signal', 'message']),
    /** installation prefix of the interpreter inside the image, e.g. `/opt/env`; `/usr` for the system's */
    prefix: z.string(),
    interpreter: z.optional(z.readonly(z.object({ path: z.string(), version: z.optional(z.string()) }))),
    /** metadata of the image's own kernelspec, carried over (debugger, supported_encryption, ...) */
    metadata: z.readonly(z.record(z.string(), z.unknown())),
    /** logo file name -> base64, as found beside kernel.json */
    logos: z.readonly(z.record(z.string(), z.string())),
    evidence: z.readonly(z.array(Evidence)),
  }),
);
export type Kernel = z.infer<typeof Kernel>;
