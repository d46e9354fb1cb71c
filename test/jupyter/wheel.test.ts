/** What one `pip install` of our wheel brings, in an environment of its own; offline, from what setup has installed. */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { siteUp, type Site } from '../live/site.ts';
import { labPython } from './lab-environment.ts';
import { labUp } from './lab-server.ts';
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
  await site.untilClean(20_000);
}, 120_000);

test('JupyterLab leads to the user server of the wheel, and carries the page', async () => {
  const lab = await labUp({ user: site.person('alice'), python });
  try {
    const status = await lab.fetch('berth/v1/status');
    expect([status.status, await status.json()]).toMatchObject([200, { sources: ['lab'] }]);
    const page = await (await fetch(lab.openUrl)).text();
    expect(page).toContain('jupyter-berth');
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
