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
    .getByRole('alert')
    .filter({ hasText: `Job ${id} was cancelled` })
    .waitFor();
  expect(window.problems.take()).toEqual([]);
}, 120_000);

test('a kernel that starts while the user server is away is known to the next one', async () => {
  const release = await world.queue.occupy(world.site.cluster.nodes[0] ?? '');
  const window = await world.open();
  await window.startFromTile(/venv-python/, 'Small');
  const { id } = await world.queue.job('PENDING', 40_000);
  killServer();
  await window.banner.filter({ hasText: `Job ${id} waits` }).waitFor();
  await release();
  expect(await window.run('import os; print(os.environ["SLURM_JOB_ID"])')).toBe(id);
  await window.status.filter({ hasText: `Job ${id} · ` }).waitFor();
}, 120_000);
