/** What one `pip install` of our wheel brings, in an environment of its own; offline, from what setup has installed. */
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { identify, readProc, readStat } from '../cluster/process-identity.ts';
import { until } from '../cluster/until.ts';
import { writeNotebook } from '../live/notebook.ts';
import { siteUp, type Site } from '../live/site.ts';
import { labPython } from './lab-environment.ts';
import { labUp, type Lab } from './lab-server.ts';
import { venvProgram } from './venv.ts';

let site: Site;
let python: string;
let berth: string;
beforeAll(async () => {
  python = await labPython();
  if (python === venvProgram('python3')) throw new Error('no wheel in dist/wheel: run "npm run wheel"');
  berth = join(dirname(python), 'berth');
  site = await siteUp({ nodes: 1 });
}, 240_000);
afterAll(() => site?.down(), 60_000);

const runs = async (...argv: string[]): Promise<string> => {
  const { status, stdout, stderr } = await site.run(argv, { timeoutMs: 60_000 });
  expect({ argv, status, stderr: status === 0 ? '' : stderr }).toEqual({ argv, status: 0, stderr: '' });
  return `${stdout}\n${stderr}`;
};

test('Jupyter finds the lab extension and the server extension, both enabled', async () => {
  const main = (module: string): string => `from ${module} import main; main()`;
  const lab = await runs(python, '-c', main('jupyterlab.labextensions'), 'list');
  expect(lab).toMatch(/jupyter-berth v\d\S* .*enabled.*OK/);
  const server = await runs(python, '-c', main('jupyter_server.extension.serverextension'), 'list');
  expect(server).toMatch(/jupyter_berth .*enabled/);
  expect(server).toMatch(/jupyter_berth \d\S* .*OK/);
});

test('the command runs by the Node of the environment, started from anywhere', async () => {
  expect(await runs(berth, '--version')).toMatch(/^berth \d/);
  expect(
    await runs('/usr/bin/env', '-i', '-C', '/', `HOME=${site.person('alice').user.home}`, berth, '--help'),
  ).toContain('doctor');
  expect(await runs(berth, 'config', 'show')).toContain('sources:');
  const { stdout } = await site.run([berth, 'doctor'], { timeoutMs: 60_000 });
  expect(stdout).toContain('Slurm');
});

test('a kernel runs on a node by the kernelspec that this command wrote', async () => {
  await runs(berth, 'kernels', 'sync');
  const kernel = await site.kernel('venv-python');
  const driver = await site.driver();
  const started = await driver.kernel(kernel);
  expect(await started.output('import os; print("job", os.environ["SLURM_JOB_ID"])')).toMatch(/^job \d+/);
  const { stdout } = await site.run(['/bin/ps', '-o', 'args=', '-p', String(started.pid)]);
  expect(stdout).toContain(dirname(dirname(berth)));
  await started.shutdown();
}, 120_000);

test('a notebook runs as a batch job by the papermill of the environment, and nothing on PATH', async () => {
  const { path, outputOf } = await writeNotebook(site.person('alice'), await site.kernel('venv-python'), [
    'print(6 * 7)',
  ]);
  const plain = (...args: string[]): Promise<string> =>
    runs('/usr/bin/env', 'PATH=/usr/bin:/bin', berth, 'notebook', ...args);
  const id = (await plain('submit', '--quiet', path)).trim().split('\n')[0] ?? '';
  const done = async (): Promise<boolean> => (await plain('show', id)).includes('  completed');
  if (!(await until(done, 60_000, 500))) throw new Error(await plain('show', id));
  const output = /output +(\S+)/.exec(await plain('show', id))?.[1] ?? '';
  expect(await outputOf(output)).toBe('42\n');
}, 120_000);

/** The user server of that Lab: its pid, and its directory. */
async function served(lab: Lab): Promise<{ pid: number; directory: string }> {
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const pid = Number(name);
    if (readStat(pid)?.parent !== lab.pid) continue;
    const argv = (readProc(pid, 'cmdline') ?? '').split('\0');
    const at = argv.indexOf('--directory');
    if (at > 0) return { pid, directory: argv[at + 1] ?? '' };
  }
  throw new Error(`no user server\n${lab.log}`);
}

test('JupyterLab carries the page and leads to the user server, which is killed and back, and goes with a killed Jupyter', async () => {
  const lab = await labUp({ user: site.person('alice'), python });
  const instance = async (): Promise<string> => {
    const answer = await lab.fetch('berth/v1/status');
    const status = (await answer.json()) as { sources: string[]; instance: string };
    expect([answer.status, status.sources]).toEqual([200, ['lab']]);
    return status.instance;
  };
  try {
    expect(await (await fetch(lab.openUrl)).text()).toContain('jupyter-berth');
    const before = await instance();
    process.kill((await served(lab)).pid, 'SIGKILL');
    expect(await instance()).not.toBe(before);
    const { pid, directory } = await served(lab);
    process.kill(lab.pid, 'SIGKILL');
    expect(await until(() => identify(pid) === null, 10_000)).toBe(true);
    expect(await readdir(directory)).toEqual([]);
    await rm(directory, { recursive: true });
  } finally {
    await lab.down();
  }
}, 60_000);

test('nothing of it lies where others look for their own: one command, one folder in lib', async () => {
  const prefix = dirname(dirname(python));
  const lib = (await readdir(join(prefix, 'lib'))).filter((name) => !/^python3/.test(name));
  expect(lib).toEqual(['berth']);
  expect((await readdir(join(prefix, 'bin'))).filter((name) => /node|npm|berth/.test(name))).toEqual([
    'berth',
  ]);
});
