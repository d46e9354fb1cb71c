/**
 * `npm run demo [-- --once | --hub] [--nodes N]`: from images in a registry to notebooks on Slurm nodes, before your eyes. Without
 * `--once` in JupyterLab, until Ctrl-C; with it every kernel once, and the exit status says whether all ran.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type { Lab } from '../jupyter/lab-server.ts';
import { everyKernel } from './every-kernel.ts';
import { hubDemo } from './hub.ts';
import { openLab } from './lab.ts';
import { progress } from './progress.ts';
import { openSite, type Site } from './site.ts';
import { isThere, starter, watchStarter } from './starter-watch.ts';

const { say, clear } = progress(process.stderr);

const { values } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    hub: { type: 'boolean', default: false },
    nodes: { type: 'string', default: '2' },
  },
});
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // more of them change nothing: cleaning up is under way
  process.on(name, () => stop.abort(new Error(`${name}: stopped`)));
}
const started = starter();
watchStarter(
  () => stop.abort(new Error('who started it is gone: stopped')),
  () => isThere(started),
);
// a terminal that is gone (EIO), a pipe that nobody reads (EPIPE): cleaning up goes on without words
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

async function main(): Promise<number> {
  const { signal } = stop;
  let site: Site | undefined;
  let lab: Lab | undefined;
  let passed = false;
  try {
    site = await openSite({ nodes: Number(values.nodes), onProgress: say, signal });
    await command(site, ['berth', 'images', 'ls']);
    await command(site, ['berth', 'kernels', 'sync']);
    if (values.once) {
      passed = await everyKernel(site, { onProgress: say, signal });
    } else {
      say('starting JupyterLab');
      lab = await openLab(site, { signal });
      console.log(address(site, lab));
      // its own end is an end too: File, Shut Down
      await Promise.race([once(signal, 'abort'), once(lab.process, 'exit')]);
      passed = true;
    }
  } catch (error) {
    if (!signal.aborted || values.once)
      say(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    else passed = true;
  } finally {
    say('cleaning up');
    await lab?.down();
    const left = (await site?.close()) ?? [];
    for (const line of left) say(`left behind: ${line}`);
    if (left.length > 0) passed = false;
  }
  if (values.once) say(passed ? 'all notebooks ran' : 'FAILED');
  else say(passed ? 'all is down' : 'FAILED');
  return passed ? 0 : 1;
}

async function hub(): Promise<number> {
  try {
    await hubDemo({ nodes: Number(values.nodes), onProgress: say, signal: stop.signal });
    say('all is down');
    return 0;
  } catch (error) {
    say(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

/** Runs a command as the demo's person and shows it as they would see it. */
async function command({ person }: Site, argv: readonly string[]): Promise<void> {
  clear();
  console.log(`\n${person.user.name}$ ${argv.join(' ')}`);
  const { status, stdout } = await person.run(argv, {
    onLine: (line) => say(`  ${line}`),
    signal: stop.signal,
  });
  clear();
  console.log(stdout.trimEnd());
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with status ${String(status)}`);
}

function address({ person, directory, cluster }: Site, lab: Lab): string {
  const exports = Object.entries(person.env).map(([name, value]) => `export ${name}=${value}`);
  const become = person.user.uid === process.getuid?.() ? [] : [`su - ${person.user.name}`];
  return `
JupyterLab of ${person.user.name}, open it in a browser:

    ${lab.openUrl}

Ctrl-C ends it, with the cluster and all that runs on it.
Registry: ${cluster.registry?.url ?? ''}   Configuration: ${directory}/config.yaml
In a terminal of the Lab: berth kernels ls, berth doctor, squeue. In another terminal:

${[...become, ...exports].join('\n')}
`;
}

process.exit(await (values.hub ? hub() : main()));
