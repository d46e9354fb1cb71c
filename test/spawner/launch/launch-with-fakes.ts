import { mkdir, writeFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import type { Channel, Launch, Outcome } from '@berth/schema';
import { readConnectionFile } from '../../../spawner/src/launch/connection-file.ts';
import type { LaunchControl } from '../../../spawner/src/launch/launch-context.ts';
import { planLaunch } from '../../../spawner/src/launch/plan.ts';
import { launchRemotely } from '../../../spawner/src/launch/remote-launch.ts';
import type { CommandResult } from '../../../spawner/src/slurm/run-command.ts';
import { placeProgram } from '../native/place-program.ts';
import { fakeTools } from './fake-tools.ts';
import { freePorts, launchRecord } from './launch-fixture.ts';
import { ours } from './sockets.ts';
import { until } from './until.ts';

const file = (name: string): string => new URL(name, import.meta.url).pathname;
const node = [process.execPath, '--conditions=berth-source', '--no-warnings'];

export interface Running {
  readonly outcome: Promise<Outcome>;
  readonly reports: Launch[];
  readonly logged: string[];
  readonly said: () => string;
  readonly control: () => LaunchControl;
  readonly ready: () => Promise<void>;
  readonly dial: (channel: Channel) => Socket;
  readonly asked: (readonly string[])[];
}
interface Wish {
  readonly env?: Record<string, string>;
  readonly kernel?: string;
  readonly squeue?: Partial<CommandResult>;
  readonly connection?: string;
}
const controls = new Set<LaunchControl>();
const outcomes = new Set<Promise<unknown>>();

/** a launch by the real launcher and agent with fake tools; a kernel without ZeroMQ */
export async function launch(
  directory: string,
  { env = {}, kernel = '', squeue = {}, connection }: Wish = {},
): Promise<Running> {
  const path = await fakeTools(directory);
  const program = await placeProgram();
  await mkdir(`${directory}/home`, { mode: 0o700 });
  const record = launchRecord({
    slurm: { binDirectory: `${directory}/bin`, addresses: ['127.0.0.1'] },
    node: { mountPoint: `${directory}/home/mnt` },
    store: { format: 'directory' },
  });
  const argv = [...node, file('./echo-kernel.ts'), `${directory}/home/mnt/run`, kernel];
  const person = { name: 'me', uid: process.getuid?.() ?? 0, home: `${directory}/home`, shell: '/bin/sh' };
  const plan = planLaunch(
    { ...record, kernel: { ...record.kernel, argv } },
    { launchId: '0123456789abcdef', env: {}, cwd: person.home, person, addresses: ['127.0.0.1'] },
  );
  if (plan.placement.kind === 'same-node') throw new Error('not remote');
  const [reports, logged, asked]: [Launch[], string[], (readonly string[])[]] = [[], [], []];
  let [said, control]: [string, LaunchControl | undefined] = ['', undefined];
  const errors = new PassThrough();
  errors.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const file_ = `${directory}/kernel-1.json`;
  const client = await freePorts();
  await writeFile(file_, connection ?? JSON.stringify(client));
  const outcome = launchRemotely({ ...plan, placement: plan.placement }, () => readConnectionFile(file_), {
    program,
    agentCommand: [program, 'agent', `${directory}/bin/berth`],
    env: {},
    srunEnv: { PATH: path, HOME: person.home, ...env },
    cwd: directory,
    uid: person.uid,
    userName: 'me',
    jobName: 'berth-x',
    squeue: 'squeue',
    scancel: 'scancel',
    queryIntervalMs: 5000,
    run: async (argv) => {
      asked.push(argv);
      return { status: 0, signal: null, stdout: '', stderr: '', ...squeue };
    },
    errors,
    log: (line) => logged.push(line),
    report: (one) => reports.push(one),
    stage: () => undefined,
    control: (given) => {
      control = given;
      controls.add(given);
    },
    peerUid: async () => person.uid,
  });
  outcomes.add(outcome.catch(() => undefined));
  const ready = async (): Promise<void> => {
    await Promise.race([outcome, until(() => reports.some(({ state }) => state === 'ready'), 20_000)]);
  };
  return {
    outcome,
    reports,
    logged,
    asked,
    said: () => said,
    control: () => control as LaunchControl,
    ready,
    dial: (channel) =>
      ours(createConnection({ host: client.ip, port: client[`${channel}_port`] })).on(
        'error',
        () => undefined,
      ),
  };
}

/** Ends every launch of this file's tests. */
export async function endLaunches(): Promise<void> {
  for (const control of controls) control.stop('asked');
  await Promise.all(outcomes);
  controls.clear();
  outcomes.clear();
}
