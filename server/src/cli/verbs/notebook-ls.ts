import type { JobView } from '@berth/schema/rest';
import { jsonText } from '../json-text.ts';
import { askingRunner, readJobs } from '../notebook-jobs.ts';
import { tableText } from '../table-text.ts';
import type { Verb } from '../verb.ts';

export const notebookLs: Verb = {
  help: {
    usage: '',
    about: 'Lists the notebooks that you submitted, newest first, and how they stand.',
    options: {},
    positionals: { least: 0, most: 0 },
  },
  run: async (context) => {
    const { config } = await context.loadConfig();
    const run = askingRunner(context.env, context.signal);
    const { jobs } = await readJobs(context, config, run, context.note);
    const views = jobs.map(({ view }) => view);
    const rows = views.map((view) => [
      view.id,
      view.jobId ?? '',
      standing(view),
      view.submitted.slice(0, 16).replace('T', ' '),
      view.name,
    ]);
    if (views.length === 0 && !context.json) context.note('You have submitted no notebook.');
    else
      await context.print(
        context.json
          ? jsonText(views)
          : tableText(['ID', 'JOB', 'STATE', 'SUBMITTED (UTC)', 'NOTEBOOK'], rows),
      );
    return 0;
  },
};

/** `running`, or of a sweep `3 completed, 1 failed`. */
export function standing({ state, sweep, counts, shown }: JobView): string {
  if (sweep !== undefined)
    return Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  const cells = shown[0]?.cells;
  return state === 'running' && cells !== undefined ? `running, cell ${cells.done} of ${cells.total}` : state;
}
