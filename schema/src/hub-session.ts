import * as z from 'zod/mini';
import { JobId } from './allocation.ts';
import { ProfileName, Resources } from './resources.ts';

/** Chosen by the Hub before anything else happens, so that a server is found again whatever dies. In the job's comment. */
export const SessionId = z.string().check(z.regex(/^[a-f0-9]{16}$/, 'not the id of a server'));

/**
 * The name of an account as JupyterHub and Slurm know it. Never a number, an option or a look-alike in another script: sudo and
 * getent take numbers for uids (T39).
 */
export const AccountName = z
  .string()
  .check(z.regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'not the name of an ordinary account'));

/** What a person chooses; `{}` is valid. Whatever way it came, it is checked here and against what there is (T37). */
export const HubOptions = z.readonly(
  z.strictObject({
    profile: z.optional(ProfileName),
    /** name of a kernelspec: what opens first */
    image: z.optional(z.string().check(z.regex(/^[a-z0-9][a-z0-9._-]{0,199}$/, 'not the name of a kernel'))),
  }),
);
export type HubOptions = z.infer<typeof HubOptions>;

/** What the service keeps on disk of each server; written before its job is submitted (F10, F11). */
export const SessionRecord = z.readonly(
  z.object({
    id: SessionId,
    user: AccountName,
    uid: z.number(),
    /** the Hub's name of the server; empty for the person's only one */
    server: z.string(),
    options: HubOptions,
    resources: Resources,
    /** milliseconds since 1970 */
    made: z.number(),
    /** SHA-256 of what the job tells once, hex */
    nonce: z.string(),
    jobId: z.optional(JobId),
    /** where its server listens, as Slurm's record and the job told */
    place: z.optional(z.readonly(z.object({ host: z.string(), port: z.number() }))),
    /** its end was asked for: it is cancelled until it has ended, however often Slurm does not answer */
    stopping: z.optional(z.boolean()),
    /** made anew from its job: the nonce is lost, so that its job can tell no place any more */
    isLost: z.optional(z.boolean()),
    /** why it has ended, for the person */
    ended: z.optional(z.string()),
  }),
);
export type SessionRecord = z.infer<typeof SessionRecord>;
