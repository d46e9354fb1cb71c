import type { Resources } from '@berth/schema';
import { BATCH_OPTIONS } from './slurm-language.ts';
import { resourceOptions, type JobNames } from './srun-argv.ts';

/** What sbatch is asked beside resources; nothing of it is a person's own text (T35). */
export interface BatchAsk extends JobNames {
  readonly resources: Resources;
  /** current directory of the script, absolute; relative names of `output` are below it */
  readonly directory: string;
  /**
   * Name of the file in `directory` that gets stdout and stderr, appended to. Slurm's `%a` (index of an array) and `%j` may be
   * in it, and no other text than letters, digits, `.`, `_` and `-`: Slurm gives other signs a meaning.
   */
  readonly output: string;
  /** a job array of so many elements, from 0; `atOnce` of them run at the same time at most */
  readonly array?: { readonly count: number; readonly atOnce?: number };
  /** whether Slurm may begin it anew after a node has failed or a job of more weight took its place (F5) */
  readonly requeue: boolean;
  /** absolute path of a script that is the same for all: sbatch takes its text, and `args` become its "$@" */
  readonly script: string;
  readonly args: readonly string[];
}

const OUTPUT = /^(?:[A-Za-z0-9._-]|%[aj])+$/;

/**
 * argv of an sbatch whose answer is the job's number alone. The job gets the environment of sbatch's own process, so that the
 * caller makes one with nothing in it but what is to be passed, and no secret. Refused was `--export=NAMES`: Slurm then loads
 * the person's login environment on the node, which takes seconds. Source: sbatch(1).
 */
export function sbatchArgv(sbatch: string, ask: BatchAsk): string[] {
  if (!OUTPUT.test(ask.output)) throw new Error(`not a name for the output of a job: ${ask.output}`);
  if (!ask.script.startsWith('/') || !ask.directory.startsWith('/')) throw new Error('not an absolute path');
  return [
    sbatch,
    ...BATCH_OPTIONS,
    `--job-name=${ask.name}`,
    `--comment=${ask.comment}`,
    `--chdir=${ask.directory}`,
    `--output=${ask.output}`,
    ask.requeue ? '--requeue' : '--no-requeue',
    ...arrayOption(ask.array),
    ...resourceOptions(ask.resources),
    ask.script,
    ...ask.args,
  ];
}

function arrayOption(array: BatchAsk['array']): readonly string[] {
  if (array === undefined) return [];
  const { count, atOnce } = array;
  return [`--array=0-${count - 1}${atOnce === undefined ? '' : `%${atOnce}`}`];
}

/** The number in the answer of `sbatch --parsable`, `JOB[;CLUSTER]`; undefined for anything else. */
export const submittedJob = (stdout: string): string | undefined =>
  /^([0-9]{1,10})(?:;[^\n]*)?$/m.exec(stdout.trim())?.[1];
