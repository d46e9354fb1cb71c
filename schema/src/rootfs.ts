import * as z from 'zod/mini';
import { Digest } from './digest.ts';

export const RootfsFormat = z.enum(['squashfs', 'directory']);
export type RootfsFormat = z.infer<typeof RootfsFormat>;

/** An image made ready to run: a squashfs file, or an unpacked directory, in a store. `path` is absolute. */
export const Rootfs = z.readonly(z.object({ format: RootfsFormat, digest: Digest, path: z.string() }));
export type Rootfs = z.infer<typeof Rootfs>;

/** One bind mount, same words as ch-run: `source` outside, `target` inside. */
export const Mount = z.readonly(z.object({ source: z.string(), target: z.string() }));
export type Mount = z.infer<typeof Mount>;

/** What runs: a command in a root file system with mounts and an environment rebuilt from nothing. */
export const Container = z.readonly(
  z.object({
    rootfs: z.readonly(z.object({ format: RootfsFormat, digest: Digest })),
    mounts: z.readonly(z.array(Mount)),
    env: z.readonly(z.record(z.string(), z.string())),
    /** names in `env` whose values are the client's, and say nothing of the image */
    passed: z.readonly(z.array(z.string())),
    cwd: z.string(),
    argv: z.readonly(z.array(z.string())),
  }),
);
export type Container = z.infer<typeof Container>;
