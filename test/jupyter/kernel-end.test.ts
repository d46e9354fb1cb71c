/** A kernel that dies again and again is shut down while Jupyter's own restarter is at work, as *Start again* does. */
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { berthInJupyter, type BerthInJupyter, type RemovedPython } from './berth-in-jupyter.ts';
import { startKernel, type JupyterAddress } from './rest-client.ts';

let specs = '';
let berth: BerthInJupyter | undefined;
afterEach(async () => {
  await berth?.down();
  await rm(specs, { recursive: true, force: true });
});

const startsSeen = async (): Promise<number> => (await readFile(join(specs, 'starts'), 'utf8')).length;

/** A signal that arrives while Jupyter writes its log is lost: its handler writes there too, which Python refuses. */
const quiet = ['--ServerApp.log_level=ERROR', '--LabApp.log_level=ERROR'];
/** The restarter is the faster here: of a kernel that is dead at once it may be at work before Jupyter has answered to its start. */
const diesWhenTold = 'while [ ! -e dead ]; do sleep 0.02; done; exit 1';
const mayLive = (): Promise<void> => rm(join(specs, 'dead'), { force: true });
const die = (): Promise<void> => writeFile(join(specs, 'dead'), '');

/** A Jupyter with a kernel that runs this script and notes each of its starts, and a restarter that comes twenty times a second. */
async function jupyterWith(script: string, removed: readonly RemovedPython[] = []): Promise<JupyterAddress> {
  specs = await mkdtemp(join(tmpdir(), 'berth-kernel-end-'));
  await mkdir(join(specs, 'kernels/one'), { recursive: true });
  const argv = ['/bin/sh', '-c', `cd ${specs}; printf x >> starts; ${script}`];
  await writeFile(
    join(specs, 'kernels/one/kernel.json'),
    JSON.stringify({ argv, display_name: 'One', language: 'none' }),
  );
  await writeFile(join(specs, 'starts'), '');
  await chmod(join(specs, 'starts'), 0o666);
  await chmod(specs, 0o755);
  berth = await berthInJupyter({
    removed,
    env: { JUPYTER_PATH: specs },
    options: ['--KernelRestarter.time_to_dead=0.05', '--KernelRestarter.restart_limit=100000', ...quiet],
  });
  return { url: berth.lab.url.replace(/\/$/, ''), token: berth.lab.token };
}
const end = async (id: string): Promise<number> =>
  (await (berth as BerthInJupyter).lab.fetch(`api/kernels/${id}`, { method: 'DELETE' })).status;

/** What Jupyter answers to the end of each of some kernels that die again and again. */
async function ends(jupyter: JupyterAddress): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < 25; i += 1) {
    await mayLive();
    const id = await startKernel(jupyter, 'one');
    await die();
    // not in step with the restarter
    await sleep(100 + 7 * i);
    statuses.push(await end(id));
  }
  return statuses;
}

test('it ends without an error, and for good', async () => {
  const statuses = await ends(await jupyterWith(diesWhenTold));
  expect(new Set(statuses)).toEqual(new Set([204]));
  expect(await (await berth?.lab.fetch('api/kernels'))?.json()).toEqual([]);
  expect(berth?.lab.log).not.toContain('InvalidStateError');
  const starts = await startsSeen();
  expect(starts).toBeGreaterThan(25);
  await sleep(500);
  expect(await startsSeen()).toBe(starts);
}, 60_000);

test('Jupyter alone answers with an error', async () => {
  const wait = 'await _rested(kernels, kernel_id, LONGEST_RESTART)';
  const jupyter = await jupyterWith(diesWhenTold, [{ file: 'kernel_end.py', from: wait, to: 'pass' }]);
  expect(await ends(jupyter)).toContain(500);
}, 60_000);

test('ended twice at once, by a page and another, it is ended', async () => {
  const jupyter = await jupyterWith('trap "" INT TERM; while :; do sleep 0.1; done');
  const id = await startKernel(jupyter, 'one');
  const first = end(id);
  await sleep(300);
  expect([await end(id), await first]).toEqual([204, 204]);
}, 60_000);

test('the server ends while its kernels are restarted', async () => {
  const jupyter = await jupyterWith(diesWhenTold);
  await Promise.all(Array.from({ length: 10 }, () => startKernel(jupyter, 'one')));
  await die();
  await sleep(500);
  const { lab } = berth as BerthInJupyter;
  const ended = once(lab.process, 'exit');
  lab.process.kill('SIGTERM');
  expect((await ended)[0]).toBe(0);
  expect(lab.log).not.toContain('InvalidStateError');
}, 60_000);
