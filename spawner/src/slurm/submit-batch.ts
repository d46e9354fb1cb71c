import { Failure, toJobId, type JobId } from '@berth/schema';
import { silenceWords } from './job-list.ts';
import type { RunCommand } from './run-command.ts';
import { sbatchArgv, submittedJob, type BatchAsk } from './sbatch-argv.ts';

/** What sbatch says when nobody answers, rather than that somebody refuses. Source: slurm_errno.c */
const SILENT =
  /Unable to contact|Zero Bytes|timed out|Socket|communication|connect|authentication|munge|configuration source/i;

/** ... and when it was not even reached, so that the job is surely not there. Source: slurm_errno.c, plugins/auth/munge */
const NOT_REACHED = /Unable to contact slurm controller \(connect failure\)|munge/i;

class NeverSubmitted extends Error {}

/** Whether a failure of `submitBatch` says that the job is surely not there, although Slurm did not answer. */
export const isNeverSubmitted = (error: unknown): boolean =>
  error instanceof Failure && error.cause instanceof NeverSubmitted;

/**
 * Submits one batch job.
 * @returns its number; of an array that of the whole
 * @throws Failure `slurm-refused` with Slurm's words; `slurm-unreachable` when it does not answer, and then the job may be there
 * nevertheless, unless `isNeverSubmitted`: it is found by its comment
 */
export async function submitBatch(run: RunCommand, sbatch: string, ask: BatchAsk): Promise<JobId> {
  const result = await run(sbatchArgv(sbatch, ask)).catch((error: NodeJS.ErrnoException) => {
    const cause = error.code === 'ENOENT' ? new NeverSubmitted(error.message, { cause: error }) : error;
    throw new Failure('slurm-unreachable', { why: error.message }, { cause });
  });
  const jobId = result.status === 0 ? toJobId(submittedJob(result.stdout)) : undefined;
  if (jobId !== undefined) return jobId;
  const said = result.stderr.replace(/^sbatch: (?:error: )?/gm, '');
  if (result.status === null || SILENT.test(said) || result.status === 0)
    throw new Failure(
      'slurm-unreachable',
      { why: silenceWords(said, result.status) },
      { ...(result.status !== null && NOT_REACHED.test(said) && { cause: new NeverSubmitted(said) }) },
    );
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  throw new Failure('slurm-refused', {
    why: lines.at(-1)?.replace(/^Batch job submission failed: /, '') ?? '',
  });
}
