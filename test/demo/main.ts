/** `npm run demo [-- --once] [--nodes N]`: from images in a registry to notebooks on Slurm nodes, before your eyes. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { venvProgram } from '../jupyter/venv.ts';
import { runNotebook, type NotebookRun } from './notebook-run.ts';
import { offeredKernels, unexpected, type OfferedKernel } from './offered-kernels.ts';
import { table } from './result-table.ts';
import { openSite, type Site } from './site.ts';

const began = performance.now();
const say = (line: string): void =>
  console.error(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);

const { values } = parseArgs({
  options: { once: { type: 'boolean', default: false }, nodes: { type: 'string', default: '2' } },
});
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // more of them change nothing: cleaning up is under way
  process.on(name, () => stop.abort(new Error(`${name}: stopped`)));
}
async function main(): Promise<number> {
  let site: Site | undefined;
  let passed = false;
  try {
    site = await openSite({ nodes: Number(values.nodes), onProgress: say, signal: stop.signal });
    await command(site, ['berth', 'images', 'ls']);
    await command(site, ['berth', 'kernels', 'sync']);
    passed = await runAll(site);
    if (!values.once) {
      console.log(usage(site));
      if (!stop.signal.aborted) await once(stop.signal, 'abort');
    }
  } catch (error) {
    if (!stop.signal.aborted || values.once) say(`FAILED: ${sentence(error)}`);
  } finally {
    say('cleaning up');
    const left = (await site?.close()) ?? [];
    for (const line of left) say(`left behind: ${line}`);
    if (left.length > 0) passed = false;
  }
  say(passed ? 'all notebooks ran' : 'FAILED');
  return passed ? 0 : 1;
}

/** Runs a command as alice and shows it as she would see it. */
async function command({ alice }: Site, argv: readonly string[]): Promise<void> {
  console.log(`\n${alice.user.name}$ ${argv.join(' ')}`);
  const { status, stdout } = await alice.run(argv, { onLine: say, signal: stop.signal });
  console.log(stdout.trimEnd());
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with status ${String(status)}`);
}

/** One notebook in every offered kernel, twice; true if all ran and none was missing. */
async function runAll(site: Site): Promise<boolean> {
  const kernels = await offeredKernels(site.alice, venvProgram('jupyter'), stop.signal);
  const missing = unexpected(site.images, kernels);
  say(`${String(kernels.length)} kernels offered`);
  for (const line of missing) say(line);
  const rows = [['kernel', 'image', 'job', 'step', 'node', 'first s', 'again s']];
  let ran = 0;
  for (const kernel of kernels) {
    try {
      const first = await runOne(site, kernel);
      const again = await runOne(site, kernel);
      ran += 1;
      const times = [first, again].map(({ seconds }) => seconds.toFixed(2));
      rows.push([kernel.name, shortDigest(kernel), again.job, again.step, again.node, ...times]);
    } catch (error) {
      stop.signal.throwIfAborted();
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

async function runOne(site: Site, kernel: OfferedKernel): Promise<NotebookRun> {
  const run = await runNotebook(site.alice, venvProgram('python3'), kernel, stop.signal).catch(
    (error: unknown) => {
      // Jupyter's client picks free ports before the kernel is there, and another process of the machine may take one
      if (!sentence(error).includes('EADDRINUSE')) throw error;
      say(`${kernel.title}: another process took a port that the client had picked; once more`);
      return runNotebook(site.alice, venvProgram('python3'), kernel, stop.signal);
    },
  );
  say(`${kernel.title}: job ${run.job}.${run.step} on ${run.node}, ${run.seconds.toFixed(2)} s`);
  if (!site.cluster.nodes.includes(run.node)) throw new Error(`${run.node} is no node of this cluster`);
  return run;
}

const shortDigest = ({ metadata }: OfferedKernel): string => metadata.digest.slice(0, 'sha256:'.length + 12);

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function usage({ alice, directory }: Site): string {
  const exports = Object.entries(alice.env).map(([name, value]) => `export ${name}=${value}`);
  return `
The cluster stays up until Ctrl-C. In another terminal, become the user:

su - ${alice.user.name}
${exports.join('\n')}

and then, for example:

berth images ls
berth kernels ls
jupyter kernelspec list
squeue
jupyter run --kernel=NAME script.py
papermill --kernel NAME in.ipynb out.ipynb

Configuration: ${directory}/config.yaml
`;
}

process.exit(await main());
