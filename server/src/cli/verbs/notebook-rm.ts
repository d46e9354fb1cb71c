import { Failure } from '@berth/schema';
import { isRemovable, removeJob, type ReadJob } from '../../batch/index.ts';
import { chosenJob, askingRunner, readJobs } from '../notebook-jobs.ts';
import type { Verb } from '../verb.ts';

const COMMAND = 'berth notebook rm';
const DAY = 86_400_000;

export const notebookRm: Verb = {
  help: {
    usage: '[ID…]',
    about:
      'Removes submitted notebooks that are over from the list, with their outputs and logs. What the notebooks themselves wrote elsewhere stays.',
    options: {
      'older-than': {
        type: 'string',
        value: 'DAYS',
        about: 'all that are over and were submitted longer ago than so many days',
      },
    },
    positionals: { least: 0, most: 1000 },
  },
  run: async (context, typed) => {
    const { config } = await context.loadConfig();
    const run = askingRunner(context.env, context.signal);
    const { store, jobs } = await readJobs(context, config, run, context.note);
    const named = typed.positionals.map((id) => chosenJob(jobs, id, COMMAND));
    const days = typed.text('older-than');
    if (days === undefined && named.length === 0) throw usage('Say which: an ID, or --older-than DAYS.');
    const chosen = new Set<ReadJob>([...named, ...(days === undefined ? [] : olderThan(jobs, days))]);
    for (const job of chosen) await removeJob(job, store);
    context.note(`${chosen.size} removed`);
    return 0;
  },
};

function olderThan(jobs: readonly ReadJob[], days: string): readonly ReadJob[] {
  if (!/^[0-9]{1,5}$/.test(days)) throw usage(`"${days}" is not a number of days.`);
  const before = Date.now() - Number(days) * DAY;
  return jobs.filter((job) => isRemovable(job) && Date.parse(job.view.submitted) < before);
}

const usage = (why: string): Failure => new Failure('usage-invalid', { why, command: COMMAND });
