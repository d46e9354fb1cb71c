import { Failure, resourcesText, type Config, type Resources } from '@berth/schema';
import { KernelName } from '@berth/schema/rest';
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { parseParameters, submitNotebook } from '../../batch/index.ts';
import { jsonText } from '../json-text.ts';
import { didYouMean } from '../nearest-name.ts';
import { jobRunner, submitContext } from '../notebook-jobs.ts';
import type { Verb } from '../verb.ts';

export const notebookSubmit: Verb = {
  help: {
    usage: 'FILE',
    about:
      'Submits a batch job that runs the notebook FILE from its first cell to its last, in the image of its kernel. A copy is run: what becomes of FILE afterwards does not matter, nor whether JupyterLab lives. Resources are those chosen for the notebook in JupyterLab, else the kernel\'s. "berth notebook show" tells how it stands and where its output is, which is saved after each cell.',
    options: {
      param: {
        type: 'string',
        value: 'NAME=VALUE',
        multiple: true,
        about: 'set a parameter (papermill\'s: after the cell tagged "parameters"); may be repeated',
      },
      profile: { type: 'string', value: 'NAME', about: 'ask for the resources of this profile' },
      array: {
        type: 'string',
        value: 'CSV',
        about: 'a job array with one run for each row; the header names parameters',
      },
      kernel: { type: 'string', value: 'NAME', about: 'run it with this kernel of Berth instead of its own' },
    },
    positionals: { least: 1, most: 1 },
  },
  run: async (context, typed) => {
    const parameters = parseParameters(typed.texts('param'));
    const { config } = await context.loadConfig();
    const sweep = typed.text('array');
    const order = {
      id: randomBytes(8).toString('hex'),
      file: resolve(typed.positionals[0] ?? ''),
      kernel: kernelOf(typed.text('kernel')),
      resources: resourcesOf(config, typed.text('profile')),
      parameters,
      ...(sweep !== undefined && { sweep: { file: resolve(sweep), name: sweep } }),
    };
    const run = jobRunner(context.env, context.signal);
    const { record, jobId } = await submitNotebook(order, submitContext(context, config, run));
    const { id, elements, resources, kernel } = record;
    await context.print(
      context.json ? jsonText({ id, jobId, elements, kernel: kernel.name, resources }) : `${id}\n`,
    );
    if (!context.json)
      context.note(
        `job ${jobId}${elements > 1 ? `, ${elements} runs` : ''}: ${kernel.displayName}, ${resourcesText(resources)}; "berth notebook show ${id}" tells how it stands`,
      );
    return 0;
  },
};

function kernelOf(typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  const name = KernelName.safeParse(typed).data;
  if (name === undefined)
    throw new Failure('usage-invalid', {
      why: `"${typed}" is no name of a kernel.`,
      command: 'berth notebook submit',
    });
  return name;
}

function resourcesOf({ profiles }: Config, profile: string | undefined): Resources | undefined {
  if (profile === undefined) return undefined;
  const names = Object.keys(profiles);
  const found = Object.hasOwn(profiles, profile) ? profiles[profile] : undefined;
  if (found === undefined)
    throw new Failure('usage-invalid', {
      why: `There is no profile "${profile}"${didYouMean(profile, names) || (names.length > 0 ? `; there are ${names.join(', ')}.` : '; the configuration has none.')}`,
      command: 'berth notebook submit',
    });
  return found.resources;
}
