import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { readProc, readStat } from '../cluster/process-identity.ts';
import { until } from '../cluster/until.ts';
import { worldUp, type LabWorld } from './lab-world.ts';

let world: LabWorld;
beforeAll(async () => {
  world = await worldUp({ people: ['alice', 'bob'] });
}, 180_000);
afterAll(() => world?.down(), 60_000);
afterEach(() => world?.clear());

/** Without one it throws: signal 9 to pid 0 would be for the runner itself. @returns the pid that was killed */
function killServer(): number {
  const pid = userServer();
  if (pid === undefined) throw new Error('there is no user server to kill');
  process.kill(pid, 'SIGKILL');
  return pid;
}

/** Kills each user server that is started, as soon as it is there. @returns the verb that lets the next one live */
function keepAway(): () => void {
  const kill = (): void => {
    const pid = userServer();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  };
  kill();
  const timer = setInterval(kill, 50);
  return () => clearInterval(timer);
}

/** pid of the user server, the child of Jupyter that serves. */
function userServer(): number | undefined {
  const children = readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && readStat(pid)?.parent === world.lab.pid);
  return children.find((pid) => /\bserve\b/.test((readProc(pid, 'cmdline') ?? '').replaceAll('\0', ' ')));
}

test('the user server is killed: kernels go on, no action fails, and events come again', async () => {
  const window = await world.open();
  await window.startFromTile(/venv-python/, 'Small');
  const { id } = await world.queue.job('RUNNING', 40_000);
  expect(await window.run('kept = 5; print(kept)')).toBe('5');

  for (const round of [1, 2]) {
    const killed = killServer();
    // at once, into the gap: one asks for the profiles and the standing wish
    await window.command('jupyter-berth:choose-resources', { asks: true });
    await window.dialog.getByRole('radio', { name: 'Large' }).waitFor();
    await window.dialog.getByRole('button', { name: 'Cancel' }).click();
    await window.dialog.waitFor({ state: 'detached' });
    expect(await until(() => (userServer() ?? killed) !== killed, 10_000)).toBe(true);
    expect(await window.run(`print(kept + ${round})`)).toBe(String(5 + round));
  }
  await window.status.filter({ hasText: `Job ${id}` }).waitFor();
  // whatever it did when it was away: what happens now is told
  await world.site.run(['scancel', id]);
  await window.banner
    .getByRole('status')
    .filter({ hasText: `Job ${id} was cancelled` })
    .waitFor();
  expect(window.problems.take()).toEqual([]);
}, 120_000);

test('a kernel that starts while the user server is away is known to the next one', async () => {
  const release = await world.queue.occupy(world.site.cluster.nodes[0] ?? '');
  const window = await world.open();
  await window.startFromTile(/venv-python/, 'Small');
  const { id } = await world.queue.job('PENDING', 40_000);
  await window.banner.filter({ hasText: `Job ${id} waits` }).waitFor();
  const cell = await window.send('import os; print(os.environ["SLURM_JOB_ID"])');
  const comeBack = keepAway();
  try {
    await release();
    // the kernel answers, and no user server was there from before it began
    await cell.locator('.jp-OutputArea-output').filter({ hasText: id }).waitFor({ timeout: 40_000 });
  } finally {
    comeBack();
  }
  await window.status.filter({ hasText: `Job ${id} · ` }).waitFor({ timeout: 40_000 });
  expect(await window.run('print(6 * 7)')).toBe('42');
  // nobody can answer while there is no server, however often the page asks for its events
  const others = window.problems.take().filter((problem) => !/^503 GET \S+\/v1\/events$/.test(problem));
  expect(others).toEqual([]);
}, 120_000);

test('Start and Cancel that are pressed just when the user server was killed do what they say', async () => {
  const release = await world.queue.occupy(world.site.cluster.nodes[0] ?? '');
  const kernelspec = {
    name: await world.site.kernel('venv-python'),
    display_name: 'Python',
    language: 'python',
  };
  const content = { cells: [], metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
  await world.write('asks.ipynb', JSON.stringify(content));
  const window = await world.open();
  await window.openFile('asks.ipynb');
  const submitted = await world.queue.submitted();
  const start = window.banner.getByRole('button', { name: 'Start', exact: true });
  await start.waitFor();
  killServer();
  await start.click();
  const { id } = await world.queue.job('PENDING', 40_000);
  await window.banner.filter({ hasText: `Job ${id} waits` }).waitFor();
  expect(await world.queue.submitted()).toBe(submitted + 1);

  killServer();
  await window.banner.getByRole('button', { name: 'Cancel' }).click();
  await world.queue.untilEmpty(20_000);
  await window.banner
    .getByRole('status')
    .filter({ hasText: /cancelled/i })
    .waitFor();
  expect(await world.queue.submitted()).toBe(submitted + 1);
  expect(window.problems.take()).toEqual([]);
  await release();
}, 120_000);
