import { type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { CHANNELS, type Channel } from '@berth/schema';
import type { CommandResult } from '../../../spawner/src/slurm/run-command.ts';
import { parentOf } from '../native/placed.ts';
import { inDirectory } from './launch-fixture.ts';
import { closeSockets, ours, readAll, readBytes } from './sockets.ts';
import { quickest } from './quickest.ts';
import { until } from './until.ts';
import { endLaunches, launch, type Running } from './launch-with-fakes.ts';

afterEach(async () => {
  closeSockets();
  await endLaunches();
});

const job = (state: string): Partial<CommandResult> => ({ stdout: `77|${state}|N/A|0:00|main|1|n1|None\n` });

describe('from srun to the end of the kernel', () => {
  test(
    'every channel reaches the kernel; interrupt; stop ends all with one sentence',
    () =>
      inDirectory(async (directory) => {
        const run = await launch(directory);
        await run.ready();
        const asked = run.asked.length;
        for (const channel of CHANNELS) {
          const socket = run.dial(channel);
          if (channel === 'iopub') expect(String(await readBytes(socket, 8))).toBe('greeting');
          socket.write('hello');
          expect(String(await readBytes(socket, 7))).toBe(`${CHANNELS.indexOf(channel) + 1}:hello`);
        }
        run.control().signal('SIGINT');
        await until(() => run.said().includes('interrupted'));
        run.control().stop('asked');
        run.control().stop('client-gone');
        expect(await run.outcome).toMatchObject({ jobId: '77', status: 143 });
        expect(run.reports.at(-1)).toMatchObject({ state: 'ready', jobId: '77', node: 'n1' });
        // one that took long to begin was asked for
        expect(run.asked).toHaveLength(asked);
      }),
    30_000,
  );

  test(
    'a client that came before there was a job is served when there is a kernel',
    () =>
      inDirectory(async (directory) => {
        const run = await launch(directory, { env: { FAKE_SRUN: 'sleep 0.5' } });
        await until(() => run.reports.length > 0 || run.control() !== undefined);
        const early = ours(await dialUntil(run, 'control'));
        early.write('early');
        expect(String(await readBytes(early, 7))).toBe('4:early');
      }),
    30_000,
  );

  test(
    'the kernel`s own status and words, also when it ends before its streams stand',
    () =>
      inDirectory(async (directory) => {
        const run = await launch(directory, { kernel: 'fail' });
        expect(await run.outcome).toMatchObject({
          kind: 'exited',
          status: 3,
          sentence: 'The kernel ended with exit status 3. It said: no module named ipykernel',
        });
      }),
    30_000,
  );

  test(
    'a signal by name; a kernel`s last words come through',
    () =>
      inDirectory(async (directory) => {
        const run = await launch(directory);
        await run.ready();
        const control = run.dial('control');
        control.write('x');
        await readBytes(control, 3);
        const words = readAll(run.dial('iopub').resume());
        const hb = run.dial('hb');
        hb.write('last words');
        const last = await readAll(hb);
        expect(last.length).toBe(3_000_000);
        expect(await run.outcome).toMatchObject({ kind: 'exited', status: 0 });
        await words;
      }),
    30_000,
  );

  test(
    'segmentation fault',
    () =>
      inDirectory(async (directory) => {
        const run = await launch(directory);
        await run.ready();
        run.dial('hb').write('segfault');
        expect(await run.outcome).toMatchObject({ kind: 'signalled', status: 139 });
      }),
    30_000,
  );
});

async function dialUntil(run: Running, channel: Channel): Promise<Socket> {
  for (;;) {
    const socket = run.dial(channel);
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('close', () => resolve(false));
    });
    if (connected) return socket;
  }
}

describe('what goes wrong', () => {
  test(
    'Slurm refuses: its own words, and nothing hangs',
    () =>
      inDirectory(async (directory) => {
        const run = await launch(directory, {
          env: { FAKE_SRUN: 'echo "srun: error: Invalid partition" >&2; exit 1' },
        });
        expect(await run.outcome).toMatchObject({
          kind: 'refused',
          status: 75,
          sentence: 'Slurm did not start the kernel: Invalid partition',
        });
        expect(run.asked[0]).toEqual(expect.arrayContaining(['--name=berth-x', '--user=me']));
      }),
    30_000,
  );
  test(
    'a prolog`s chatter and hostile lines on stdout are logged, not believed',
    () =>
      inDirectory(async (directory) => {
        const noise = `echo Welcome; echo '{"type":"exit","code":"zero"}'; echo '{"type":"unknown"}'; echo 5; printf 'no end'`;
        const run = await launch(directory, { env: { FAKE_SRUN: noise }, kernel: 'fail' });
        expect(await run.outcome).toMatchObject({ status: 3 });
        expect(run.logged).toContain('from the node: Welcome');
        expect(run.logged).toContain('from the node: no end');
        expect(run.logged).not.toContain('from the node: ');
        expect(run.logged.filter((line) => /not understood/.test(line))).toHaveLength(3);
      }),
    30_000,
  );
  test(
    'a greeting whose key is none ends the launch and srun',
    () =>
      inDirectory(async (directory) => {
        const hello = JSON.stringify({ type: 'hello', publicKey: 'AAAA', node: 'n1', began: 1 });
        const run = await launch(directory, { env: { FAKE_SRUN: `echo '${hello}'; exec sleep 4` } });
        await expect(run.outcome).rejects.toThrow(/32 bytes/);
      }),
    30_000,
  );
  test('stopped while the job waits: srun is told at once, and no restart is forbidden', async () => {
    const least = await quickest(1400, () =>
      inDirectory(async (directory) => {
        const run = await launch(directory, { env: { FAKE_SRUN: 'exec sleep 60' } });
        await until(() => run.control() !== undefined);
        const from = performance.now();
        run.control().stop('client-gone');
        expect(await run.outcome).toMatchObject({
          kind: 'exited',
          status: 143,
          sentence: expect.stringContaining('server is gone'),
        });
        return performance.now() - from;
      }),
    );
    expect(least).toBeLessThan(1400);
  });
  test('srun is killed before its step began: its job is given back by name, and where that fails it is named', () =>
    inDirectory(async (directory) => {
      const run = await launch(directory, { env: { FAKE_SRUN: 'kill -KILL $$' } });
      expect(await run.outcome).toMatchObject({ kind: 'refused' });
      const givenBack = ['scancel', '--name=berth-x', '--user=me'];
      expect(run.asked.filter(([name]) => name === 'scancel')).toEqual([givenBack]);
    }).then(() =>
      inDirectory(async (directory) => {
        const env = { FAKE_SRUN: 'kill -KILL $$' };
        const run = await launch(directory, { env, squeue: { status: 1, stderr: 'slurmctld is down' } });
        await run.outcome;
        expect(run.asked.filter(([name]) => name === 'scancel')).toHaveLength(3);
        expect(run.logged).toContainEqual(expect.stringContaining('scancel --name=berth-x --user=me'));
      }),
    ));
  test(
    'an srun that takes three seconds to give its waiting job back is left to it',
    () =>
      inDirectory(async (directory) => {
        const slow = 'trap "sleep 3; exit 7" TERM; echo up; while :; do sleep 0.02; done';
        const run = await launch(directory, { env: { FAKE_SRUN: slow } });
        await until(() => run.logged.includes('from the node: up'));
        run.control().stop('asked');
        expect(await run.outcome).toMatchObject({ kind: 'exited' });
        expect(run.asked.filter(([name]) => name === 'scancel')).toEqual([]);
      }),
    30_000,
  );
  test(
    'stopped while the image is made',
    () =>
      inDirectory(async (directory) => {
        const run = await launch(directory, { env: { SLOW_IMAGE: '1' } });
        await until(() => run.reports.length > 0, 20_000);
        expect(run.reports[0]).toMatchObject({ state: 'starting', doing: 'fetching the image' });
        run.control().stop('asked');
        expect(await run.outcome).toMatchObject({ kind: 'exited', sentence: 'Ended on request.' });
      }),
    30_000,
  );
  test(
    'an image that fails: its fact sheet',
    () =>
      inDirectory(async (directory) => {
        const run = await launch(directory, { env: { BAD_IMAGE: '1' } });
        expect(await run.outcome).toMatchObject({
          kind: 'image-failed',
          sentence: expect.stringContaining('it is hostile'),
        });
      }),
    30_000,
  );
  test(
    'a connection file that is none: a named failure, and srun is ended',
    () =>
      inDirectory(async (directory) => {
        const run = await launch(directory, { connection: '{' });
        await expect(run.outcome).rejects.toMatchObject({ code: 'connection-file-invalid' });
      }),
    30_000,
  );
  test.each([
    ['CANCELLED', 'cancelled'],
    ['TIMEOUT', 'time-limit'],
    ['RUNNING', 'cancelled'],
  ])(
    'Slurm ends the step (the job is %s): %s',
    (state, kind) =>
      inDirectory(async (directory) => {
        // srun passes SIGTERM on to its task, as slurmstepd does
        const run = await launch(directory, { squeue: job(state), kernel: 'stubborn' });
        await run.ready();
        const agent = run.reports.find((report) => report.state === 'ready');
        expect(agent).toBeDefined();
        const kernel = agent?.state === 'ready' ? agent.pid : 0;
        process.kill(parentOf(parentOf(kernel)), 'SIGTERM');
        expect(await run.outcome).toMatchObject({ kind, status: 143 });
      }),
    30_000,
  );
  test(
    'the agent is killed: lost, and never called cancelled without evidence',
    () =>
      inDirectory(async (directory) => {
        const run = await launch(directory, { squeue: { status: 1, stderr: 'slurmctld is down' } });
        await run.ready();
        const agent = run.reports.find((report) => report.state === 'ready');
        const kernel = agent?.state === 'ready' ? agent.pid : 0;
        process.kill(parentOf(parentOf(kernel)), 'SIGKILL');
        expect(await run.outcome).toMatchObject({ kind: 'lost', status: 137 });
      }),
    30_000,
  );
});
