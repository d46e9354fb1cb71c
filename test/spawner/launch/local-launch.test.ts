import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from '@jest/globals';
import { Failure, type Launch, type Outcome, type Rootfs } from '@berth/schema';
import type { LaunchControl } from '../../../spawner/src/launch/launch-context.ts';
import { launchHere } from '../../../spawner/src/launch/local-launch.ts';
import { planLaunch } from '../../../spawner/src/launch/plan.ts';
import { storePaths } from '../../../spawner/src/store/store-paths.ts';
import { placeProgram } from '../native/place-program.ts';
import { fakeTools } from './fake-tools.ts';
import { connectionFile, inDirectory, launchRecord } from './launch-fixture.ts';
import { closeSockets, ours, readBytes } from './sockets.ts';
import { until } from './until.ts';

const running = new Set<{ control: () => LaunchControl; outcome: Promise<Outcome> }>();
afterEach(async () => {
  closeSockets();
  for (const { control, outcome } of running) {
    control().stop('asked');
    await outcome.catch(() => undefined);
  }
  running.clear();
});

type MakeRootfs = (signal: AbortSignal, wanted: Rootfs) => Promise<Rootfs>;
const there: MakeRootfs = async (_signal, { path, ...rootfs }) => {
  await mkdir(path, { recursive: true });
  return { path, ...rootfs };
};

/** on a node of the job: launcher and agent in one, with fake tools and ipc sockets */
async function here(directory: string, argv: string[], rootfs = there, installed?: string) {
  const path = await fakeTools(directory);
  const program = installed ?? (await placeProgram());
  await mkdir(`${directory}/home`, { mode: 0o700 });
  const record = launchRecord({
    node: { mountPoint: `${directory}/home/mnt` },
    store: { format: 'directory' },
  });
  const uid = process.getuid?.() ?? 0;
  const env = { PATH: path, SLURM_JOB_ID: '77', SLURMD_NODENAME: 'n1' };
  const plan = planLaunch(
    { ...record, kernel: { ...record.kernel, argv } },
    {
      launchId: '0123456789abcdef',
      env,
      cwd: `${directory}/home`,
      person: { name: 'me', uid, home: `${directory}/home`, shell: '' },
      addresses: [],
    },
  );
  expect(plan.placement).toEqual({ kind: 'same-node', jobId: '77' });
  const ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
  const reports: Launch[] = [];
  let control: LaunchControl | undefined;
  const outcome = launchHere(
    plan,
    connectionFile({ transport: 'ipc', ip: `${directory}/c`, ...ports }),
    {
      program,
      agentCommand: [],
      env,
      srunEnv: {},
      cwd: directory,
      uid,
      userName: 'me',
      jobName: '',
      squeue: '',
      scancel: 'scancel',
      queryIntervalMs: 1,
      run: () => Promise.reject(new Error('not asked')),
      errors: new PassThrough().resume(),
      log: () => undefined,
      report: (one) => reports.push(one),
      stage: () => undefined,
      control: (given) => (control = given),
    },
    ({ store, image }, _doing, signal) => rootfs(signal, storePaths(store, image.digest).rootfs),
  );
  const one = { outcome, reports, control: () => control as LaunchControl };
  running.add(one);
  return one;
}
const echo = (directory: string): string[] => [
  process.execPath,
  '--no-warnings',
  new URL('./echo-kernel.ts', import.meta.url).pathname,
  `${directory}/home/mnt/run`,
];

test('clients reach the kernel; stop ends it', () =>
  inDirectory(async (directory) => {
    const one = await here(directory, echo(directory));
    await until(() => one.reports.some(({ state }) => state === 'ready'));
    const hb = ours(createConnection(`${directory}/c-5`)).on('error', () => undefined);
    hb.write('beat');
    expect(String(await readBytes(hb, 6))).toBe('5:beat');
    one.control().stop('client-gone');
    expect(await one.outcome).toMatchObject({ kind: 'exited', status: 143, jobId: '77' });
  }));

test('the kernel`s own status', () =>
  inDirectory(async (directory) => {
    const one = await here(directory, ['/bin/sh', '-c', 'exit 5']);
    expect(await one.outcome).toMatchObject({ kind: 'exited', status: 5, jobId: '77' });
  }));

test('stopped while the image is made; an image that fails', () =>
  inDirectory(async (directory) => {
    const slow: MakeRootfs = async (signal) => {
      if (!signal.aborted) await once(signal, 'abort');
      throw new Failure('cancelled', {});
    };
    const one = await here(directory, echo(directory), slow);
    one.control().stop('asked');
    expect(await one.outcome).toMatchObject({ kind: 'exited', sentence: 'Ended on request.' });
  }).then(() =>
    inDirectory(async (directory) => {
      const bad: MakeRootfs = () =>
        Promise.reject(new Failure('layer-invalid', { digest: 'sha256:x', why: 'hostile' }));
      const one = await here(directory, echo(directory), bad);
      expect(await one.outcome).toMatchObject({ kind: 'image-failed', status: 65 });
    }),
  ));

test('a name at which clients would be listened to is taken: said, and nothing of the kernel is left', () =>
  inDirectory(async (directory) => {
    await writeFile(`${directory}/c-5`, 'taken');
    const one = await here(directory, echo(directory));
    await expect(one.outcome).rejects.toMatchObject({ code: 'channel-failed' });
    const { stdout } = spawnSync('pgrep', ['-P', String(process.pid), '-x', 'berth-place'], {
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
  }));

test('a berth-place that is not installed on this node is named', () =>
  inDirectory(async (directory) => {
    const one = await here(directory, echo(directory), there, '/nowhere/berth-place');
    expect(await one.outcome).toMatchObject({
      kind: 'image-failed',
      sentence: expect.stringContaining('/nowhere/berth-place ENOENT'),
    });
  }));
