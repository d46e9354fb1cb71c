import type { VerbEntry } from './verb.ts';

/** Every verb but `kernel` and `agent`, which have bundles of their own because a kernel start waits for them. */
export const VERBS: readonly VerbEntry[] = [
  {
    name: 'images ls',
    summary: 'list the images of all sources, and the kernels of each',
    load: async () => (await import('./verbs/images-ls.ts')).imagesLs,
  },
  {
    name: 'images show',
    summary: 'tell what was found in one image, where and why, or why nothing was',
    load: async () => (await import('./verbs/images-show.ts')).imagesShow,
  },
  {
    name: 'images ready',
    summary: 'make an image ready in the store, as the first kernel of it would',
    load: async () => (await import('./verbs/images-ready.ts')).imagesReady,
  },
  {
    name: 'images push',
    summary: 'bring an image into a bucket',
    load: async () => (await import('./verbs/images-push.ts')).imagesPush,
  },
  {
    name: 'kernels ls',
    summary: 'list all kernels, and the kernelspec of each',
    load: async () => (await import('./verbs/kernels-ls.ts')).kernelsLs,
  },
  {
    name: 'kernels sync',
    summary: "write, renew and remove kernelspecs; only ever Berth's own",
    load: async () => (await import('./verbs/kernels-sync.ts')).kernelsSync,
  },
  {
    name: 'notebook submit',
    summary: 'run a notebook, or a sweep of it, as a batch job of its own',
    load: async () => (await import('./verbs/notebook-submit.ts')).notebookSubmit,
  },
  {
    name: 'notebook ls',
    summary: 'list the notebooks that were submitted, and how they stand',
    load: async () => (await import('./verbs/notebook-ls.ts')).notebookLs,
  },
  {
    name: 'notebook show',
    summary: 'tell how a submitted notebook stands, what went wrong, and where its output is',
    load: async () => (await import('./verbs/notebook-show.ts')).notebookShow,
  },
  {
    name: 'notebook cancel',
    summary: 'end a submitted notebook',
    load: async () => (await import('./verbs/notebook-cancel.ts')).notebookCancel,
  },
  {
    name: 'notebook rm',
    summary: 'remove submitted notebooks that are over, with their outputs and logs',
    load: async () => (await import('./verbs/notebook-rm.ts')).notebookRm,
  },
  {
    name: 'shell',
    summary: 'a shell in the image of a kernel, inside a job',
    load: async () => (await import('./verbs/shell.ts')).shell,
  },
  {
    name: 'serve',
    summary: 'the user server beside JupyterLab (started by its extension)',
    load: async () => (await import('./verbs/serve.ts')).serve,
  },
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
  {
    name: 'doctor',
    summary: 'check step by step whether this site has what Berth needs',
    load: async () => (await import('./verbs/doctor.ts')).doctor,
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
