import * as z from 'zod/mini';
import { Launch } from '../launch.ts';
import { Resources } from '../resources.ts';
import { KernelName } from './kernels.ts';
import { NotebookPath, ProfileName } from './wishes.ts';

export const LaunchId = z.string().check(z.regex(/^[a-f0-9]{16}$/, 'not the id of a launch'));

/** One start of a kernel by this person's Jupyter server, from the question to the end. Times in ISO 8601. */
export const LaunchStory = z.readonly(
  z.object({
    id: LaunchId,
    kernel: KernelName,
    displayName: z.string(),
    /** Jupyter's id of the kernel, from the name of its connection file; absent when that has another form */
    kernelId: z.optional(z.string()),
    path: NotebookPath,
    began: z.string(),
    /** when it came into its present state */
    since: z.string(),
    /** what it asks of Slurm; absent when it runs in a job that was there */
    resources: z.optional(Resources),
    launch: Launch,
  }),
);
export type LaunchStory = z.infer<typeof LaunchStory>;

export const LaunchList = z.readonly(z.object({ launches: z.readonly(z.array(LaunchStory)) }));
export type LaunchList = z.infer<typeof LaunchList>;

/** The person's answer to a launch that asks. */
export const LaunchAnswer = z.discriminatedUnion('start', [
  z.strictObject({ start: z.literal(true), resources: Resources, profile: z.optional(ProfileName) }),
  z.strictObject({ start: z.literal(false) }),
]);
export type LaunchAnswer = z.infer<typeof LaunchAnswer>;

/** Last lines of what launcher, srun and kernel said, oldest first. */
export const LaunchLog = z.readonly(z.object({ lines: z.readonly(z.array(z.string())) }));
export type LaunchLog = z.infer<typeof LaunchLog>;
