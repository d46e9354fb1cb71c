import { printable } from '@berth/schema';
import type { JobElement } from '@berth/schema/rest';
import { join } from 'node:path';
import { attemptPlace, readEvidence } from '../../batch/index.ts';
import { jsonText } from '../json-text.ts';
import { chosenJob, askingRunner, readJobs } from '../notebook-jobs.ts';
import type { Verb } from '../verb.ts';
import { standing } from './notebook-ls.ts';

export const notebookShow: Verb = {
  help: {
    usage: 'ID',
    about:
      'Tells how one submitted notebook stands: state and node of each run, what went wrong and in which cell, and the files of its output and its log. ID is what "berth notebook submit" printed, or its beginning.',
    options: {},
    positionals: { least: 1, most: 1 },
  },
  run: async (context, typed) => {
    const { config } = await context.loadConfig();
    const run = askingRunner(context.env, context.signal);
    const { store, jobs, reader } = await readJobs(context, config, run, context.note);
    const typedId = typed.positionals[0] ?? '';
    const job = chosenJob(jobs, typedId, 'berth notebook show');
    const paths = store.paths(job.view.id);
    const parameters = await reader.parametersOf(job.view.id);
    const elements = await Promise.all(
      job.elements.map(async (element) => {
        const { attempt } = await readEvidence(paths, element.index);
        const place = attempt < 0 ? undefined : attemptPlace(paths, element.index, attempt);
        return {
          ...element,
          parameters: parameters[element.index] ?? {},
          ...(place !== undefined && { log: join(place, 'log.txt') }),
          ...(place !== undefined && element.output && { file: join(place, 'output.ipynb') }),
        };
      }),
    );
    if (context.json) {
      await context.print(jsonText({ ...job.view, directory: paths.root, elements }));
      return 0;
    }
    const { view } = job;
    const lines = [
      `${view.name}  ${standing(view)}`,
      `  job        ${view.jobId ?? 'not known yet'}`,
      `  kernel     ${view.kernel.displayName}`,
      `  submitted  ${view.submitted}`,
      `  directory  ${paths.root}`,
      ...elements.flatMap((element) => elementLines(element, view.sweep !== undefined)),
    ];
    await context.print(lines.map((line) => `${printable(line, 10_000)}\n`).join(''));
    return 0;
  },
};

type Shown = JobElement & { readonly file?: string; readonly log?: string };

function elementLines(element: Shown, sweep: boolean): readonly string[] {
  const { index, state, node, attempts, why, error, parameters = {}, file, log } = element;
  const values = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  const where = node === undefined ? '' : ` on ${node}`;
  const often = attempts > 1 ? `, attempt ${attempts}` : '';
  return [
    `${sweep ? `run ${index}` : 'run'}  ${state}${where}${often}${values.length > 0 ? `  ${values.join(' ')}` : ''}`,
    ...(why === undefined ? [] : [`  why     ${why}`]),
    ...(error === undefined ? [] : [`  error   ${errorText(error)}`]),
    ...(file === undefined ? [] : [`  output  ${file}`]),
    ...(log === undefined ? [] : [`  log     ${log}`]),
  ];
}

/** `ValueError: no such thing, in cell 3` */
const errorText = ({ name, message, cell }: NonNullable<JobElement['error']>): string =>
  `${name}: ${message}${cell === undefined ? '' : `, in cell [${cell}]`}`;
