import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { OfferedKernel } from './offered-kernels.ts';
import type { Person } from './person.ts';

/** One notebook executed in one kernel. */
export interface NotebookRun {
  readonly job: string;
  readonly step: string;
  readonly node: string;
  /** from starting the client to the reply of the first cell */
  readonly seconds: number;
}

/** What each language prints to say where it is: job, step, node. */
const CELLS: Readonly<Record<string, string>> = {
  python: `import os; print(os.environ["SLURM_JOB_ID"], os.environ["SLURM_STEP_ID"], os.environ["SLURMD_NODENAME"])`,
  bash: 'echo "$SLURM_JOB_ID $SLURM_STEP_ID $SLURMD_NODENAME"',
  r: 'cat(Sys.getenv(c("SLURM_JOB_ID", "SLURM_STEP_ID", "SLURMD_NODENAME")), "\\n")',
};

const Report = z.object({ seconds: z.number(), text: z.string() });

/**
 * Executes a notebook of one cell by nbclient, as `person`. The program travels over stdin, since other users may be
 * unable to read this checkout.
 */
export async function runNotebook(
  person: Person,
  python: string,
  kernel: OfferedKernel,
  signal: AbortSignal,
): Promise<NotebookRun> {
  const cell = CELLS[kernel.metadata.language.toLowerCase()];
  if (cell === undefined) throw new Error(`the demo has no cell for ${kernel.metadata.language}`);
  const input = readFileSync(join(import.meta.dirname, 'run_notebook.py'), 'utf8');
  const { status, stdout, stderr } = await person.run([python, '-', kernel.name, cell], { input, signal });
  if (status !== 0) throw new Error(reason(stderr));
  const { seconds, text } = Report.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  return { ...parsePlace(text), seconds };
}

/** `123 0 node1`, as all cells print it. */
export function parsePlace(text: string): {
  readonly job: string;
  readonly step: string;
  readonly node: string;
} {
  const [, job, step, node] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s*$/.exec(text) ?? [];
  if (job === undefined || step === undefined || node === undefined) {
    throw new Error(`the kernel is on no Slurm node, it printed ${JSON.stringify(text.slice(0, 200))}`);
  }
  return { job, step, node };
}

/** Why a start failed: Berth's own lines in the client's log, or else the client's last ones. */
function reason(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const ours = lines.filter((line) => line.startsWith('berth'));
  return (ours.length > 0 ? ours.slice(-4) : lines.slice(-12)).join('\n');
}
