import type { VerbEntry } from './verb.ts';

/** Every verb but `kernel` and `agent`, which have bundles of their own because a kernel start waits for them. */
export const VERBS: readonly VerbEntry[] = [
  {
    name: 'config show',
    summary: 'print the configuration in force, with its defaults',
    load: async () => (await import('./verbs/config-show.ts')).configShow,
  },
  {
    name: 'config check',
    summary: 'check the configuration and name each problem',
    load: async () => (await import('./verbs/config-check.ts')).configCheck,
  },
];

/** Verbs that Berth itself calls; their help is their own. */
export const INNER_VERBS = [
  {
    name: 'kernel',
    summary: 'run one kernel on a node (argv of every kernelspec; --dry-run prints the plan)',
  },
  { name: 'agent', summary: 'run a kernel on this node (started by srun)' },
] as const;
