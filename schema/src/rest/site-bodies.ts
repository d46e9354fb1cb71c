import * as z from 'zod/mini';
import { Instant, JobId, JobState } from '../allocation.ts';
import { AccountName, SessionId } from '../hub-session.ts';

/** Names of variables that go to the job; values without NUL and line ends. */
const Variables = z.record(
  z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/)),
  z.string().check(z.maxLength(8192), z.regex(/^[^\0\n\r]*$/, 'a text of one line')),
);

const ServerName = z.string().check(z.maxLength(255), z.regex(/^[^\0\n\r/]*$/, 'not the name of a server'));

/** What the Hub's spawner asks for. `options` is whatever came to it. */
export const SessionStart = z.readonly(
  z.strictObject({
    user: AccountName,
    server: ServerName,
    options: z.unknown(),
    env: z.readonly(Variables),
    args: z._default(z.readonly(z.array(z.string().check(z.maxLength(1000))).check(z.maxLength(100))), []),
  }),
);
export type SessionStart = z.infer<typeof SessionStart>;

export const OptionsCheck = z.readonly(z.strictObject({ user: AccountName, options: z.unknown() }));
export const FormQuery = z.strictObject({ user: AccountName });
/** HTML that is put into the Hub's form. */
export const Form = z.readonly(z.object({ html: z.string() }));

/** `after`: answer only when the server's story has gone beyond that, or after a while. */
export const SessionQuery = z.strictObject({
  /** whose it is: one that the service knows nothing of (any more) is then looked for among their jobs */
  user: z.optional(AccountName),
  after: z.optional(z.coerce.number().check(z.gte(0), z.lte(1e9))),
  /** whether somebody looks, so that the job's own words are fetched */
  watched: z.optional(z.literal('1')),
});

export const OwnerQuery = z.strictObject({ user: SessionQuery.shape.user });

/**
 * How a person's server stands. `unknown` to Slurm is no state: the last known one stays, with `stale` (F1). `ended` only on
 * positive evidence.
 */
export const SessionView = z.readonly(
  z.object({
    id: SessionId,
    state: z.enum(['submitting', 'waiting', 'starting', 'ready', 'ended']),
    /** counts what has changed */
    revision: z.number(),
    jobId: z.optional(JobId),
    jobState: z.optional(JobState),
    /** one sentence for the person */
    says: z.string(),
    estimatedStart: z.optional(Instant),
    node: z.optional(z.string()),
    /** last lines of the job's output */
    lines: z.readonly(z.array(z.string())),
    /** where the Hub's proxy finds it */
    place: z.optional(z.readonly(z.object({ host: z.string(), port: z.number() }))),
    /** why Slurm does not answer, when it does not */
    stale: z.optional(z.string()),
  }),
);
export type SessionView = z.infer<typeof SessionView>;

export const SessionList = z.readonly(z.object({ sessions: z.readonly(z.array(SessionView)) }));

/** All that a job may tell; where it runs, Slurm knows (T36). */
export const Callback = z.readonly(
  z.strictObject({
    port: z.int().check(z.gte(1024), z.lte(65_535)),
    nonce: z.string().check(z.regex(/^[a-f0-9]{64}$/, 'not what was given')),
  }),
);
