import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../jupyter/free-port.ts';
import { labPython } from '../jupyter/lab-environment.ts';
import { paired } from './paired.ts';

/** Seconds from the start of JupyterLab to the first answer of its API, with the server extension on and off. */
export async function jupyterStarts(
  rounds: number,
): Promise<{ readonly ours: readonly number[]; readonly baseline: readonly number[] }> {
  const python = await labPython();
  const home = await mkdtemp(join(tmpdir(), 'bench-lab-'));
  try {
    const [on, off] = [await configuration(home, true), await configuration(home, false)];
    // files come from disk and Python writes its caches the first time; and both are what they say
    await started(python, home, on, 200);
    await started(python, home, off, 404);
    return await paired(
      rounds,
      () => started(python, home, on),
      () => started(python, home, off),
    );
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** As `jupyter server extension enable|disable jupyter_berth` writes it. */
async function configuration(home: string, enabled: boolean): Promise<string> {
  const directory = join(home, enabled ? 'on' : 'off');
  await mkdir(directory);
  const config = { ServerApp: { jpserver_extensions: { jupyter_berth: enabled } } };
  await writeFile(join(directory, 'jupyter_server_config.json'), JSON.stringify(config));
  return directory;
}

/** @param berth what the user server's address answers */
async function started(python: string, home: string, config: string, berth?: number): Promise<number> {
  const port = await freePort();
  const begin = performance.now();
  const child = spawn(
    python,
    [
      '-m',
      'jupyterlab',
      '--no-browser',
      '--allow-root',
      `--ServerApp.port=${port}`,
      '--ServerApp.port_retries=0',
    ],
    {
      cwd: home,
      env: { PATH: '/usr/bin:/bin', HOME: home, JUPYTER_CONFIG_DIR: config, JUPYTER_TOKEN: 'bench' },
      stdio: 'ignore',
    },
  );
  const closed = once(child, 'close');
  try {
    while ((await ask(port, '/api')) !== 200) {
      if (child.exitCode !== null) throw new Error(`JupyterLab ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const seconds = (performance.now() - begin) / 1000;
    if (berth !== undefined && (await ask(port, '/berth/v1/status')) !== berth)
      throw new Error(`the extension is not ${berth === 200 ? 'on' : 'off'}`);
    return seconds;
  } finally {
    child.kill('SIGTERM');
    await closed;
  }
}

/** Status of an answer; 0 when there is none. */
const ask = (port: number, path: string): Promise<number> =>
  new Promise((resolve) => {
    const headers = { authorization: 'token bench' };
    request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', () => resolve(0))
      .end();
  });
