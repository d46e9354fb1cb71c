import * as z from 'zod/mini';

const word = (what: string) =>
  z.string().check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9_.:@+-]{0,127}$/, `not a valid ${what}`));

/** Slurm memory: a number with an optional unit K, M, G or T (default M). Source: sbatch(1), --mem. */
export const Memory = z
  .string()
  .check(z.regex(/^[0-9]{1,12}[KMGT]?$/, 'memory is a number with K, M, G or T, e.g. 4G'));

/** Slurm time limit. Source: sbatch(1), --time: minutes, [D-]HH[:MM[:SS]]. */
export const TimeLimit = z
  .string()
  .check(
    z.regex(
      /^(?:[0-9]{1,7}|[0-9]{1,5}:[0-5]?[0-9]|[0-9]{1,5}:[0-5]?[0-9]:[0-5]?[0-9]|[0-9]{1,4}-[0-9]{1,2}(?::[0-5]?[0-9]){0,2})$/,
      'time is MINUTES, MM:SS, HH:MM:SS or D-HH:MM:SS',
    ),
  );

/**
 * What is asked of Slurm for one kernel; every value is checked here because it becomes an element of srun's argv (T35).
 */
export const Resources = z.readonly(
  z.strictObject({
    partition: z.optional(word('partition')),
    account: z.optional(word('account')),
    qos: z.optional(word('QOS')),
    reservation: z.optional(word('reservation')),
    constraint: z.optional(
      z.string().check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9_&|,()[\]*.:-]{0,255}$/, 'not a valid constraint')),
    ),
    cpus: z._default(z.int().check(z.positive(), z.lte(4096)), 1),
    memory: z._default(Memory, '2G'),
    gres: z.optional(
      z
        .string()
        .check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9_:,.()-]{0,255}$/, 'gres is name[:type][:count], e.g. gpu:1')),
    ),
    time: z._default(TimeLimit, '60'),
  }),
);
export type Resources = z.infer<typeof Resources>;

/** A site's template of Resources, offered by name. */
export const Profile = z.readonly(
  z.strictObject({
    title: z.optional(z.string()),
    description: z.optional(z.string()),
    resources: Resources,
  }),
);
export type Profile = z.infer<typeof Profile>;
