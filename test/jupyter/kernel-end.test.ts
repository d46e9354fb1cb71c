/** A kernel that dies again and again is shut down while Jupyter's own restarter is at work, as *Start again* does. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { berthInJupyter, type BerthInJupyter, type RemovedPython } from './berth-in-jupyter.ts';
import { startKernel, type JupyterAddress } from './rest-client.ts';

let specs = '';
let berth: BerthInJupyter | undefined;
afterEach(async () => {
  await berth?.down();
  await rm(specs, { recursive: true, force: true });
});

/** What Jupyter answers to the end of each of some kernels that are dead from the first moment on. */
async function ends(removed: readonly RemovedPython[] = []): Promise<readonly number[]> {
  specs = await mkdtemp(join(tmpdir(), 'berth-kernel-end-'));
  await mkdir(join(specs, 'kernels/dead'), { recursive: true });
  const spec = { argv: ['/bin/false'], display_name: 'Dead', language: 'none' };
  await writeFile(join(specs, 'kernels/dead/kernel.json'), JSON.stringify(spec));
  await chmod(specs, 0o755);
  berth = await berthInJupyter({
    removed,
    env: { JUPYTER_PATH: specs },
    // so often that every third moment or so lies within a restart
    options: ['--KernelRestarter.time_to_dead=0.05', '--KernelRestarter.restart_limit=100000'],
  });
  const { lab } = berth;
  const jupyter: JupyterAddress = { url: lab.url.replace(/\/$/, ''), token: lab.token };
  const statuses: number[] = [];
  for (let i = 0; i < 25; i += 1) {
    const id = await startKernel(jupyter, 'dead');
    // not in step with the restarter
    await new Promise((resolve) => setTimeout(resolve, 100 + 7 * i));
    statuses.push((await lab.fetch(`api/kernels/${id}`, { method: 'DELETE' })).status);
  }
  return statuses;
}

test('it ends without an error, and for good', async () => {
  const statuses = await ends();
  expect(new Set(statuses)).toEqual(new Set([204]));
  expect(await (await berth?.lab.fetch('api/kernels'))?.json()).toEqual([]);
  expect(berth?.lab.log).not.toContain('InvalidStateError');
}, 60_000);

test('Jupyter alone answers with an error', async () => {
  const wait = 'await _rested(kernels, kernel_id)';
  expect(await ends([{ file: 'kernel_end.py', from: wait, to: 'pass' }])).toContain(500);
}, 60_000);
