import { Failure } from '@berth/schema';
import { cancelBatch } from '../../batch/index.ts';
import { chosenJob, askingRunner, readJobs } from '../notebook-jobs.ts';
import type { Verb } from '../verb.ts';

const COMMAND = 'berth notebook cancel';

export const notebookCancel: Verb = {
  help: {
    usage: 'ID',
    about:
      'Ends a submitted notebook, of a sweep all its runs or those that are named. What it has written stays.',
    options: {
      run: { type: 'string', value: 'N', multiple: true, about: 'of a sweep only this run; may be repeated' },
    },
    positionals: { least: 1, most: 1 },
  },
  run: async (context, typed) => {
    const { config } = await context.loadConfig();
    const run = askingRunner(context.env, context.signal);
    const { store, jobs } = await readJobs(context, config, run, context.note);
    const { view, elements } = chosenJob(jobs, typed.positionals[0] ?? '', COMMAND);
    const named = typed.texts('run');
    const wrong = named.find((text) => !/^[0-9]{1,5}$/.test(text) || Number(text) >= elements.length);
    if (wrong !== undefined)
      throw new Failure('usage-invalid', {
        why: `It has no run "${wrong}"; they are numbered from 0 to ${elements.length - 1}.`,
        command: COMMAND,
      });
    const parts = { store, run, binDirectory: config.slurm.binDirectory, now: () => Date.now() };
    const which = named.length === 0 || view.sweep === undefined ? [undefined] : named.map(Number);
    for (const index of which) await cancelBatch(view.id, index, parts);
    return 0;
  },
};
