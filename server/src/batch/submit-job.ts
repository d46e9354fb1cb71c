import {
  Failure,
  isFailure,
  JOB_RECORD_VERSION,
  type Config,
  type JobId,
  type JobRecord,
  type LaunchRecord,
  type Parameters,
  type Resources,
} from '@berth/schema';
import {
  batchComment,
  isNeverSubmitted,
  submitBatch,
  type BatchAsk,
  type RunCommand,
} from '@berth/spawner/slurm';
import { basename, dirname, join } from 'node:path';
import { findPython } from './find-python.ts';
import { slurmOutput } from './job-paths.ts';
import { MOST_PARAMETER_BYTES, type JobStore, type NewJob } from './job-store.ts';
import { copyKernel, movedFiles } from './kernel-copy.ts';
import { readNotebook } from './notebook-input.ts';
import { readRegular } from './own-file.ts';
import { MOST_SWEEP_BYTES, parseSweep } from './sweep-csv.ts';

/** What a person wants to be run; what is left out is the notebook's own. */
export interface NotebookOrder {
  /** 16 random hex digits, of the job */
  readonly id: string;
  /** absolute */
  readonly file: string;
  readonly kernel?: string | undefined;
  readonly resources?: Resources | undefined;
  readonly parameters: Parameters;
  /** a CSV file, absolute, and as it was named */
  readonly sweep?: { readonly file: string; readonly name: string } | undefined;
}

export interface SubmitContext {
  readonly store: JobStore;
  readonly config: Config;
  /** the `berth` command, absolute */
  readonly berth: string;
  /** the script of the job and the program that it becomes, absolute, the same on the nodes */
  readonly programs: { readonly script: string; readonly runner: string };
  /** the environment of whoever submits */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** runs commands in the environment that the job shall have */
  readonly run: RunCommand;
  /** what the person chose for that notebook and kernel before, if they did */
  readonly wished: (file: string, kernel: string) => Promise<Resources | undefined>;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

export interface Submitted {
  readonly record: JobRecord;
  readonly jobId: JobId;
}

/**
 * Copies notebook, kernelspec and parameters, and submits the job that runs them. Nothing of the original is needed afterwards.
 * @throws Failure of any of its parts; then nothing is left but where Slurm did not answer, because the job may be there
 */
export async function submitNotebook(order: NotebookOrder, context: SubmitContext): Promise<Submitted> {
  const { store, config, now } = context;
  const { id } = order;
  const { content, kernel: own } = await readNotebook(order.file);
  const name = order.kernel ?? own;
  if (name === undefined) throw new Failure('kernel-not-named', { path: order.file });
  const elements = await elementsOf(order);
  const target = join(store.paths(id).kernelSpec, name);
  const kernel = await copyKernel(config.kernels.directory, name, target);
  const { displayName, language, image } = kernel;
  const [parameter] = Object.keys(elements[0] ?? {});
  if (parameter !== undefined && !PARAMETER_LANGUAGES.has(language))
    throw new Failure('parameter-invalid', {
      text: parameter,
      why: `papermill can set none in a notebook in ${language}`,
    });
  const record: JobRecord = {
    version: JOB_RECORD_VERSION,
    id,
    notebook: order.file,
    kernel: { name, displayName, language, image },
    resources: order.resources ?? (await context.wished(order.file, name)) ?? kernel.record.resources,
    submitted: new Date(now()).toISOString(),
    elements: elements.length,
    ...(order.sweep && { sweep: order.sweep.name }),
    run: {
      directory: dirname(order.file),
      env: passed(kernel.record, context.env),
      squeue: join(config.slurm.binDirectory, 'squeue'),
    },
  };
  return submitNew({ record, notebook: content, parameters: elements, kernelSpec: kernel.files }, context);
}

/** Those whose variables papermill can set, and of which we know that no value becomes code. */
const PARAMETER_LANGUAGES: ReadonlySet<string> = new Set(['python', 'R', 'julia', 'scala', 'matlab']);

/** The same once more, from the copies: what has become of the original does not matter. @throws as `submitNotebook`, and `job-unknown` */
export async function submitAgain(old: string, id: string, context: SubmitContext): Promise<Submitted> {
  const { store, now } = context;
  const [{ record }, content] = await Promise.all([store.demand(old), store.content(old)]);
  const next = { ...record, id, submitted: new Date(now()).toISOString() };
  const target = join(store.paths(next.id).kernelSpec, record.kernel.name);
  const kernelSpec = movedFiles(content.kernelSpec, record.kernel.name, target);
  return submitNew({ ...content, record: next, kernelSpec }, context);
}

/** First the record of what is meant, then the job, then its number: at each moment it can be found again (F11). */
async function submitNew(job: NewJob, context: SubmitContext): Promise<Submitted> {
  const { store, config, berth, env, run } = context;
  const python = await findPython(run, berth, env['PATH']);
  const { record } = job;
  await store.create(job);
  const sbatch = join(config.slurm.binDirectory, 'sbatch');
  const ask = batchAsk(record, store.paths(record.id).root, [python, context.programs.runner], context);
  try {
    const jobId = await submitBatch(run, sbatch, ask);
    await store.note(record.id, { jobId, acknowledged: new Date(context.now()).toISOString() });
    return { record, jobId };
  } catch (error) {
    // whatever may be there is kept, to be found by its comment
    const never = isFailure(error, 'slurm-refused') || isNeverSubmitted(error);
    if (never) await store.remove(record.id).catch(() => undefined);
    throw error;
  }
}

/** What sbatch is asked; pure. No text of a person's is in it but for a name, of which only harmless signs are left (T35). */
export function batchAsk(
  record: JobRecord,
  directory: string,
  args: readonly string[],
  { programs }: Pick<SubmitContext, 'programs'>,
): BatchAsk {
  const isArray = record.sweep !== undefined;
  return {
    name: jobNameOf(record.notebook),
    comment: batchComment(record.id),
    resources: record.resources,
    directory,
    output: slurmOutput(isArray),
    ...(isArray && { array: { count: record.elements } }),
    requeue: true,
    script: programs.script,
    args,
  };
}

/** What squeue shows: the notebook's name, of 40 signs that no shell and no log takes for anything. */
export const jobNameOf = (notebook: string): string =>
  `nb-${basename(notebook, '.ipynb')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 40)}`;

async function elementsOf({ parameters, sweep }: NotebookOrder): Promise<readonly Parameters[]> {
  if (sweep === undefined) return [parameters];
  const { file, name } = sweep;
  const content = await readRegular(file, MOST_SWEEP_BYTES).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such file' : cause.message;
    throw new Failure('sweep-invalid', { file: name, why }, { cause });
  });
  const rows = parseSweep(content.toString('utf8'), name);
  // what all share and the names are kept for each run
  const each = JSON.stringify([parameters, Object.keys(rows[0] ?? {}).map((key) => [key, ''])]);
  if (rows.length * Buffer.byteLength(each) + content.length > MOST_PARAMETER_BYTES)
    throw new Failure('sweep-invalid', { file: name, why: 'its runs have too many or too long parameters' });
  const both = Object.keys(parameters).find((key) => key in (rows[0] ?? {}));
  if (both !== undefined)
    throw new Failure('sweep-invalid', { file: name, why: `${both} is a parameter of its own as well` });
  return rows.map((row) => ({ ...parameters, ...row }));
}

/** What the site lets through to kernels. It goes in a file, for no other's eyes. */
function passed({ container }: LaunchRecord, env: SubmitContext['env']): Record<string, string> {
  return Object.fromEntries(
    container.passEnv.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
