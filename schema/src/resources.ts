import * as z from 'zod/mini';
import { about } from './about.ts';

const word = (what: string) =>
  z.string().check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9_.:@+-]{0,127}$/, `not a valid ${what}`));

const CPUS = 'CPUs are a whole number from 1 to 4096';

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
    partition: about(z.optional(word('partition')), "Slurm's partition; without it the cluster's default."),
    account: about(z.optional(word('account')), 'Account that is charged.'),
    qos: about(z.optional(word('QOS')), 'Quality of service.'),
    reservation: about(z.optional(word('reservation')), 'Reservation to run in.'),
    constraint: about(
      z.optional(
        z.string().check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9_&|,()[\]*.:-]{0,255}$/, 'not a valid constraint')),
      ),
      'Features that the node must have.',
    ),
    cpus: about(z._default(z.int(CPUS).check(z.positive(CPUS), z.lte(4096, CPUS)), 1), 'CPUs.'),
    memory: about(z._default(Memory, '2G'), 'Memory of the job on its node, e.g. 4G.'),
    gres: about(
      z.optional(
        z
          .string()
          .check(
            z.regex(/^[A-Za-z0-9_][A-Za-z0-9_:,.()-]{0,255}$/, 'gres is name[:type][:count], e.g. gpu:1'),
          ),
      ),
      'Generic resources, e.g. gpu:1.',
    ),
    time: about(
      z._default(TimeLimit, '60'),
      'Time limit: minutes, MM:SS, HH:MM:SS or D-HH:MM:SS; so "4:00" is four minutes.',
    ),
  }),
);
export type Resources = z.infer<typeof Resources>;

/** Name of a profile in the configuration. */
export const ProfileName = z
  .string()
  .check(z.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'up to 32 lower-case letters, digits and "-"'));

/** A site's template of Resources, offered by name. */
export const Profile = z.readonly(
  z.strictObject({
    title: about(z.optional(z.string()), 'What people see.'),
    description: about(z.optional(z.string()), 'One sentence more.'),
    resources: about(z.prefault(Resources, {}), 'What is asked of Slurm.'),
  }),
);
export type Profile = z.infer<typeof Profile>;

/** What counts of them in few words, e.g. `1 CPU, memory 500M, time limit 60 min`. */
export const resourcesText = ({ cpus, memory, gres, time, partition }: Resources): string =>
  [
    cpus === 1 ? '1 CPU' : `${cpus} CPUs`,
    `memory ${memory}`,
    gres ?? '',
    `time limit ${/^\d+$/.test(time) ? `${time} min` : time}`,
    partition === undefined ? '' : `partition ${partition}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
