/**
 * `node behind.ts FILE`: the demo's cluster, registry and kernels behind a Jupyter server that somebody else starts (Binder).
 * When all is there, FILE holds the environment of that server as lines for a shell. SIGTERM ends everything.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aborted } from '../cluster/aborted.ts';
import { progress } from './progress.ts';
import { openSite, type Site } from './site.ts';

const { say } = progress(process.stderr);
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => stop.abort(new Error(`${name}: stopped`)));

async function main(file: string): Promise<number> {
  const { signal } = stop;
  let site: Site | undefined;
  try {
    site = await openSite({ nodes: 2, onProgress: say, signal });
    const { status, stderr } = await site.person.run(['berth', 'kernels', 'sync'], { signal });
    if (status !== 0) throw new Error(`berth kernels sync ended with status ${String(status)}\n${stderr}`);
    await writeFile(`${file}.new`, await exports(site));
    await rename(`${file}.new`, file);
    say('ready');
    await aborted(signal);
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    say(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    for (const line of (await site?.close()) ?? []) say(`left behind: ${line}`);
  }
}

/** What the Jupyter server needs; PATH is its own. */
async function exports({ person, directory }: Site): Promise<string> {
  const config = join(directory, 'jupyter-site');
  await mkdir(config);
  // a job may wait in the queue, and the first start of an image makes it ready
  const patience = { MappingKernelManager: { kernel_info_timeout: 3600 } };
  await writeFile(join(config, 'jupyter_server_config.json'), JSON.stringify(patience));
  const { SLURM_CONF = '', BERTH_CONFIG = '', JUPYTER_PATH = '' } = person.env;
  const lines = Object.entries({ SLURM_CONF, BERTH_CONFIG, JUPYTER_PATH, JUPYTER_CONFIG_PATH: config });
  return lines.map(([name, value]) => `export ${name}='${value}'\n`).join('');
}

process.exit(await main(process.argv[2] ?? ''));
