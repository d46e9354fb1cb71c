import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { worldUp, type LabWorld } from './lab-world.ts';

/** Seconds: well beyond the 60 after which Jupyter gives a kernel up that does not answer, when nobody told it otherwise. */
const WAIT = 150;

let world: LabWorld;
beforeAll(async () => {
  world = await worldUp({ people: ['alice', 'bob'] });
}, 180_000);
afterAll(() => world?.down(), 60_000);
afterEach(() => world?.clear());

test(
  `after ${WAIT} s in the queue the notebook runs; meanwhile another is cancelled`,
  async () => {
    const release = await world.queue.occupy(world.site.cluster.nodes[0] ?? '');
    const began = performance.now();
    const window = await world.open();
    await window.startFromTile(/venv-python/, 'Small');
    const { id } = await world.queue.job('PENDING');
    await window.banner.filter({ hasText: `Job ${id} waits: ` }).waitFor();
    // Slurm's reason in words, not its code
    expect(await window.banner.getByRole('status').innerText()).toMatch(/waits: \w+ \w+ \w+/);
    await window.banner.filter({ hasText: /Expected to start at .*\d\d:\d\d/ }).waitFor({ timeout: 60_000 });
    await window.status.filter({ hasText: `Job ${id} waits` }).waitFor();
    // as impatient as people are
    const cell = await window.send('import os; print(os.environ["SLURM_JOB_ID"])');

    const other = await world.open();
    const before = await world.queue.submitted();
    await other.startFromTile(/venv-python/, 'Small');
    await other.banner.filter({ hasText: /Job \d+ waits/ }).waitFor();
    expect(await world.queue.submitted()).toBe(before + 1);
    await other.banner.getByRole('button', { name: 'Cancel' }).click();
    await other.banner.filter({ hasText: /cancelled/i }).waitFor();
    await world.queue.untilJobs([id]);
    // longer than Jupyter's own restarter needs for its attempts, and than Lab's for its own
    await sleep(20_000);
    expect(await world.queue.submitted()).toBe(before + 1);
    expect((await world.queue.jobs()).map((job) => job.id)).toEqual([id]);
    expect(await other.banner.innerText()).toMatch(/cancelled/i);

    await sleep(WAIT * 1000 - (performance.now() - began)); // the wait is what is tested
    expect(await world.queue.jobs()).toMatchObject([{ id, state: 'PENDING' }]);
    expect(await window.banner.innerText()).toContain('waits');
    await release();
    await cell.locator('.jp-OutputArea-output').filter({ hasText: id }).waitFor({ timeout: 60_000 });
    await window.banner.waitFor({ state: 'hidden' });
    expect(await window.run('print(6 * 7)')).toBe('42');
    expect(await world.queue.submitted()).toBe(before + 1);
  },
  (WAIT + 150) * 1000,
);
