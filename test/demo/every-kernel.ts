import { venvProgram } from '../jupyter/venv.ts';
import { runNotebook, type NotebookRun } from './notebook-run.ts';
import { offeredKernels, unexpected, type OfferedKernel } from './offered-kernels.ts';
import { table } from './result-table.ts';
import type { Site } from './site.ts';

interface Watch {
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** One notebook in every offered kernel, twice; true if all ran and none was missing. */
export async function everyKernel(site: Site, { onProgress: say, signal }: Watch): Promise<boolean> {
  const kernels = await offeredKernels(site.person, venvProgram('jupyter'), signal);
  const missing = unexpected(site.images, kernels);
  say(`${String(kernels.length)} kernels offered`);
  for (const line of missing) say(line);
  const rows = [['kernel', 'image', 'job', 'step', 'node', 'first s', 'again s']];
  let ran = 0;
  for (const kernel of kernels) {
    try {
      const first = await runOne(site, kernel, { onProgress: say, signal });
      const again = await runOne(site, kernel, { onProgress: say, signal });
      ran += 1;
      const times = [first, again].map(({ seconds }) => seconds.toFixed(2));
      rows.push([kernel.name, shortDigest(kernel), again.job, again.step, again.node, ...times]);
    } catch (error) {
      signal.throwIfAborted();
      rows.push([kernel.name, shortDigest(kernel), '-', '-', '-', 'failed', '']);
      say(`${kernel.name}: ${sentence(error)}`);
    }
  }
  console.log(`\n${table(rows)}\n`);
  console.log(
    'first: with making the image ready to run; again: from the store. Seconds to the reply of the first cell.',
  );
  return ran === kernels.length && missing.length === 0 && ran > 0;
}

async function runOne(
  site: Site,
  kernel: OfferedKernel,
  { onProgress: say, signal }: Watch,
): Promise<NotebookRun> {
  const run = await runNotebook(site.person, venvProgram('python3'), kernel, signal).catch(
    (error: unknown) => {
      // Jupyter's client picks free ports before the kernel is there, and another process of the machine may take one
      if (!sentence(error).includes('EADDRINUSE')) throw error;
      say(`${kernel.title}: another process took a port that the client had picked; once more`);
      return runNotebook(site.person, venvProgram('python3'), kernel, signal);
    },
  );
  say(`${kernel.title}: job ${run.job}.${run.step} on ${run.node}, ${run.seconds.toFixed(2)} s`);
  if (!site.cluster.nodes.includes(run.node)) throw new Error(`${run.node} is no node of this cluster`);
  return run;
}

const shortDigest = ({ metadata }: OfferedKernel): string => metadata.digest.slice(0, 'sha256:'.length + 12);

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));
