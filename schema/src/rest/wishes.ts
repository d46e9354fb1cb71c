import * as z from 'zod/mini';
import { JobId } from '../allocation.ts';
import { Profile, ProfileName, Resources } from '../resources.ts';
import { KernelName } from './kernels.ts';

export { ProfileName };

/** Path of a notebook as Jupyter's contents API names it, below its root; `""` for a kernel without a notebook. */
export const NotebookPath = z.string().check(
  z.maxLength(4096),
  z.refine((path) => !/\p{Cc}/u.test(path), 'a path without control characters'),
);

/** What a person wants for the kernel of a notebook. To put one is the person's word that a job may be submitted so. */
export const Wish = z.readonly(
  z.strictObject({
    path: NotebookPath,
    kernel: KernelName,
    resources: Resources,
    /** profile that it came from, when one was chosen unchanged */
    profile: z.optional(ProfileName),
  }),
);
export type Wish = z.infer<typeof Wish>;

/** What a start of this kernel for this notebook would ask of Slurm now. */
export const StandingWish = z.readonly(
  z.object({
    path: NotebookPath,
    kernel: KernelName,
    resources: Resources,
    profile: z.optional(ProfileName),
    /** whether the person has agreed to just this; else a start asks first */
    confirmed: z.boolean(),
  }),
);
export type StandingWish = z.infer<typeof StandingWish>;

export const WishQuery = z.readonly(z.strictObject({ path: NotebookPath, kernel: KernelName }));

/** The site's templates, in the order of the configuration. */
export const ProfileList = z.readonly(
  z.object({
    profiles: z.readonly(z.array(z.object({ name: ProfileName, profile: Profile }))),
    /** taken where nothing was chosen */
    standard: z.optional(ProfileName),
    /** the job that this server runs in: kernels start in it too, and none of these is taken */
    ownJob: z.optional(JobId),
  }),
);
export type ProfileList = z.infer<typeof ProfileList>;
