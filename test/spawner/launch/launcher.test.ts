import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { LaunchContext, LaunchControl } from '../../../spawner/src/launch/launch-context.ts';
import { deferredControl, runLauncher } from '../../../spawner/src/launch/launcher.ts';
import { planLaunch } from '../../../spawner/src/launch/plan.ts';
import { fakeTools } from './fake-tools.ts';
import { connectionFile, inDirectory, launchRecord } from './launch-fixture.ts';

/** starts a launcher whose srun is the given script; tells how often srun ran */
async function launcher(directory: string, srun: string, restartGuard = 20) {
  const path = await fakeTools(directory).catch(() => `${directory}/bin:/usr/bin:/bin`);
  await mkdir(`${directory}/ran`, { recursive: true });
  const record = launchRecord({
    slurm: { binDirectory: `${directory}/bin`, addresses: ['127.0.0.1'] },
    restartGuard,
  });
  const person = { name: 'me', uid: process.getuid?.() ?? 0, home: directory, shell: '/bin/sh' };
  const plan = planLaunch(record, {
    launchId: '0123456789abcdef',
    env: {},
    cwd: directory,
    person,
    addresses: ['127.0.0.1'],
  });
  const control = deferredControl();
  const context: LaunchContext = {
    program: 'berth-place',
    agentCommand: ['true'],
    env: {},
    srunEnv: { PATH: path, FAKE_SRUN: `touch ${directory}/ran/$$; ${srun}` },
    cwd: directory,
    uid: person.uid,
    userName: 'me',
    jobName: 'berth-x',
    squeue: 'squeue',
    scancel: 'scancel',
    queryIntervalMs: 5000,
    run: async () => ({ status: 0, signal: null, stdout: '', stderr: '' }),
    errors: new PassThrough().resume(),
    log: () => undefined,
    report: () => undefined,
    stage: () => undefined,
    control: control.attach,
  };
  const rootfs = () => Promise.reject(new Error('not needed'));
  const ran = async (): Promise<number> => (await readdir(`${directory}/ran`)).length;
  return {
    control: control.control,
    ran,
    run: () =>
      runLauncher(
        { record, plan, planWith: () => plan, connectionFile: `${directory}/kernel-1.json`, rootfs },
        context,
      ),
  };
}
const connection = (directory: string): Promise<void> => {
  const ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
  return writeFile(
    `${directory}/kernel-1.json`,
    JSON.stringify(connectionFile({ transport: 'ipc', ip: `${directory}/k`, ...ports })),
  );
};
const REFUSED = 'echo "srun: error: no such partition" >&2; exit 1';

describe('no automatic restart submits a job', () => {
  test('after a refusal the next starts run no srun and repeat the reason', () =>
    inDirectory(async (directory) => {
      await connection(directory);
      const { run, ran } = await launcher(directory, REFUSED);
      const first = await run();
      expect(first).toMatchObject({
        kind: 'refused',
        sentence: 'Slurm did not start the kernel: no such partition',
      });
      for (let restart = 0; restart < 5; restart++) {
        const again = await run();
        expect(again).toMatchObject({ kind: 'refused', status: first.status });
        expect(again.sentence).toBe(`${first.sentence} Not started again by itself.`);
        expect(again.hint).toContain('20 seconds');
      }
      expect(await ran()).toBe(1);
    }));
  test('negative control: without the guard every restart runs srun again', () =>
    inDirectory(async (directory) => {
      await connection(directory);
      const { run, ran } = await launcher(directory, REFUSED, -1);
      for (let restart = 0; restart < 3; restart++) await run();
      expect(await ran()).toBe(3);
    }));
  test('a stop that was asked for forbids nothing', () =>
    inDirectory(async (directory) => {
      await connection(directory);
      const { run, control, ran } = await launcher(directory, 'exec sleep 4');
      const outcome = run();
      while ((await ran()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      control.stop('asked');
      expect(await outcome).toMatchObject({ kind: 'exited', sentence: 'Ended on request.' });
      expect((await readdir(directory)).sort()).toEqual(['bin', 'kernel-1.json', 'ran']);
    }));
  test('a stop that comes before srun does', () =>
    inDirectory(async (directory) => {
      await connection(directory);
      const { run, control } = await launcher(directory, 'exec sleep 4');
      control.stop('client-gone');
      expect(await run()).toMatchObject({
        kind: 'exited',
        sentence: expect.stringContaining('server is gone'),
      });
    }));
  test('a broken connection file is a refusal with a name', () =>
    inDirectory(async (directory) => {
      await writeFile(`${directory}/kernel-1.json`, '{');
      const { run } = await launcher(directory, 'exec sleep 4');
      expect(await run()).toMatchObject({ kind: 'refused', status: 66 });
    }));
});

describe('a control before the launch has one', () => {
  const recorded = () => {
    const calls: string[] = [];
    const control: LaunchControl = { stop: (why) => calls.push(why), signal: (signal) => calls.push(signal) };
    return { calls, control };
  };
  test('the first early stop is passed on, later ones go straight through', () => {
    const { control, attach } = deferredControl();
    const { calls, control: real } = recorded();
    control.stop('client-gone');
    control.stop('asked');
    attach(real);
    expect(calls).toEqual(['client-gone']);
    control.stop('asked');
    control.signal('SIGINT');
    expect(calls).toEqual(['client-gone', 'asked', 'SIGINT']);
  });
  test('an interrupt of nothing is nothing', () => {
    const { control, attach } = deferredControl();
    const { calls, control: real } = recorded();
    control.signal('SIGINT');
    attach(real);
    expect(calls).toEqual([]);
  });
});
