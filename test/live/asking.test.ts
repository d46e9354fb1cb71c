/** Before a job is submitted: a launcher, the user server and the person, on a real cluster. */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { until } from '../cluster/until.ts';
import { AskingSite, SMALL } from './asking-site.ts';
import { quickest } from '../spawner/launch/quickest.ts';

jest.setTimeout(90_000);

let here: AskingSite;
beforeAll(async () => {
  here = await AskingSite.up();
}, 180_000);
afterAll(() => here?.down(), 60_000);
beforeEach(() => here.newNotebook());
afterEach(async () => {
  await here.site.run(['scancel', '--me']);
});

describe('before a job is submitted', () => {
  test('the person is asked, and until then nothing is; then it runs with what was chosen', async () => {
    const before = await here.jobsEver();
    const kernel = await here.start();
    const story = await here.server.inState(here.notebook, 'asking');
    expect(story).toMatchObject({ kernel: here.python, path: here.notebook });
    await sleep(1500); // nothing announces that nothing happens
    expect(await here.jobsEver()).toBe(before);
    expect(await kernel.log()).toContain('waits for your word, in JupyterLab');
    await here.server.answer(story.id, { start: true, resources: { ...SMALL, memory: '450M' } });
    await kernel.ready();
    const job = (await kernel.output('import os; print(os.environ["SLURM_JOB_ID"], end="")')).trim();
    expect(await here.queue('--format=%A %m %k')).toEqual([`${job} 450M berth:${story.id}`]);
    expect((await here.server.inState(here.notebook, 'ready')).launch).toMatchObject({ jobId: job });
    const { allocations } = await here.server.allocations();
    const seen = await until(
      async () =>
        (await here.server.allocations()).allocations.some(({ allocation }) => allocation.jobId === job),
      10_000,
    );
    expect([seen, allocations.length <= 1]).toEqual([true, true]);
    expect((await here.server.allocations()).allocations).toMatchObject([
      { memory: '450M', timeLimit: 600, kernels: [{ launch: story.id, path: here.notebook }] },
    ]);

    // a restart of the same goes at once
    await kernel.restart({ now: true });
    expect(await kernel.output('print(6 * 7)')).toBe('42\n');
    await kernel.shutdown();
    await here.server.inState(here.notebook, 'ended');
  });

  test('a no is told, and nothing is submitted, by automatic restarts neither', async () => {
    const before = await here.jobsEver();
    const kernel = await here.start({ autorestart: 0.5 });
    const { id } = await here.server.inState(here.notebook, 'asking');
    await here.server.answer(id, { start: false });
    await here.givenUp(kernel);
    expect(await kernel.log()).toContain('you did not agree to a job');
    expect(await kernel.log()).toContain('Not started again by itself.');
    expect(await here.jobsEver()).toBe(before);
    expect((await here.server.launches()).filter(({ path }) => path === here.notebook)).toMatchObject([
      { id, launch: { state: 'failed' } },
    ]);
    await kernel.shutdown(true);
  });

  test('a shutdown of one that asks leaves nothing', async () => {
    const kernel = await here.start();
    await here.server.inState(here.notebook, 'asking');
    await kernel.shutdown(true);
    expect(
      await until(
        async () => (await here.server.launches()).every(({ path }) => path !== here.notebook),
        5000,
      ),
    ).toBe(true);
  });

  test('a server that was killed asks again when it is back', async () => {
    const kernel = await here.start();
    await here.server.inState(here.notebook, 'asking');
    await here.server.kill();
    await here.server.run();
    const { id } = await here.server.inState(here.notebook, 'asking', 5000);
    await here.server.answer(id, { start: true, resources: SMALL });
    await kernel.ready();
    await kernel.shutdown();
  });

  test('without a server nobody can be asked: a named failure within 10 s, nothing submitted', async () => {
    const before = await here.jobsEver();
    await here.server.kill();
    try {
      const least = await quickest(11_500, async () => {
        const kernel = await here.start();
        const began = performance.now();
        expect(await kernel.ended(15)).toBe(69);
        const took = performance.now() - began;
        expect(await kernel.log()).toMatch(/berth: Nobody could be asked .+\nberth: Nothing was submitted/);
        await kernel.shutdown(true);
        return took;
      });
      expect(least).toBeLessThan(11_500);
      expect(await here.jobsEver()).toBe(before);
    } finally {
      await here.server.run();
    }
  });

  test('another client`s start is its own permission: papermill in a terminal of this Jupyter asks nobody', async () => {
    const env = { ...here.server.environment(here.driver, here.notebook), BERTH_SERVER_PARENT: '1' };
    const kernel = await here.driver.kernel(here.python, { env });
    expect((await here.server.launches()).every(({ path }) => path !== here.notebook)).toBe(true);
    await kernel.shutdown();
  });
});

describe('the socket of the launchers', () => {
  const dial = async (who: 'alice' | 'bob'): Promise<string> => {
    const code = `const s = require('node:net').connect(${JSON.stringify(join(here.server.directory, 'launch.sock'))});
s.on('connect', () => { console.log('connected'); process.exit(0); }).on('error', (e) => { console.log(e.code); process.exit(0); });`;
    const node = join(here.site.berth, '../../lib/node');
    return (await here.site.run([node, '-e', code], { who })).stdout.trim();
  };
  test('bob cannot connect, nor when alice`s directory stands open (T6); negative control: both open', async () => {
    expect(await dial('alice')).toBe('connected');
    expect(await dial('bob')).toBe('EACCES');
    try {
      await chmod(here.server.directory, 0o777);
      expect(await dial('bob')).toBe('EACCES');
      await chmod(join(here.server.directory, 'launch.sock'), 0o777);
      expect(await dial('bob')).toBe('connected');
    } finally {
      await chmod(join(here.server.directory, 'launch.sock'), 0o600);
      await chmod(here.server.directory, 0o700);
    }
  });
  test('a launcher does not talk to a directory into which others may write (T5)', async () => {
    await chmod(here.server.directory, 0o777);
    try {
      const kernel = await here.start();
      expect(await kernel.ended(5)).toBe(69);
      expect(await kernel.log()).toContain('others may write in');
      await kernel.shutdown(true);
    } finally {
      await chmod(here.server.directory, 0o700);
    }
  });
});
