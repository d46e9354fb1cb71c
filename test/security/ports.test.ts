/** T1, T2: on one machine, bob gets nothing out of the ports of alice's kernels, and nothing in. */
import { until } from '../cluster/until.ts';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CHANNELS, ConnectionFile } from '@berth/schema';
import { runAs } from '../cluster/as-user.ts';
import type { DrivenKernel, Driver } from '../jupyter/driver.ts';
import { venvProgram } from '../jupyter/venv.ts';
import { siteUp, type Site } from '../live/site.ts';
import { bobOf, type Bob, type Target } from './bob.ts';
import { specOf } from './spec-of.ts';
import { portsOf, type HeldPort } from './ports-of.ts';
import { installWithout, NO_PEER_CHECK } from './without-guard.ts';

jest.setTimeout(90_000);

const CANARY = 'said-by-alice-only';
/** alice's kernel talks all the time while bob listens */
const TALK = `import time
while True:
    print("${CANARY}", flush=True)
    time.sleep(0.02)`;
/** A TLS alert, and nothing after it: what a stream port says to somebody without the key. */
const NOTHING_OR_ALERT = /^(?:150301|150303|)(?:0002....)?$/;

let site: Site;
let bob: Bob;
let python: string;
let driver: Driver;
beforeAll(async () => {
  site = await siteUp({ images: ['venv-python', 'bash-kernel'], people: ['alice'] });
  bob = await bobOf(site.cluster);
  python = await site.kernel('venv-python');
  driver = await site.driver();
}, 180_000);
afterAll(() => site?.down(), 60_000);

const connectionOf = async (kernel: DrivenKernel): Promise<ConnectionFile> =>
  ConnectionFile.parse(JSON.parse(await readFile(kernel.connectionFile, 'utf8')));
const clientPorts = async (kernel: DrivenKernel): Promise<readonly Target[]> => {
  const connection = await connectionOf(kernel);
  return CHANNELS.map((channel) => ['127.0.0.1', connection[`${channel}_port`]] as const);
};

/** A kernelspec whose launcher does not look who connects: the attacks must work there. */
async function unguardedSpec(): Promise<string> {
  const prefix = join(site.cluster.dir, 'unguarded');
  const berth = await installWithout([NO_PEER_CHECK], site.berth, prefix);
  return specOf(site, python, 'unguarded', berth);
}

let made: Promise<string> | undefined;
const unguarded = (): Promise<string> => (made ??= unguardedSpec());

/** alice's kernel as Jupyter itself starts it, from the same Python as her client. */
async function bare(): Promise<string> {
  const { kernels, user } = site.person('alice');
  const directory = join(kernels, 'bare');
  await mkdir(directory, { recursive: true });
  const argv = [venvProgram('python3'), '-m', 'ipykernel_launcher', '-f', '{connection_file}'];
  await writeFile(
    join(directory, 'kernel.json'),
    JSON.stringify({ argv, display_name: 'bare', language: 'python' }),
  );
  await chown(directory, user.uid, user.gid);
  return 'bare';
}

describe('T1: alice runs kernels of every kind, and bob tries every port of hers', () => {
  const kernels: DrivenKernel[] = [];
  const talks: string[] = [];
  let held: readonly HeldPort[] = [];
  let all: readonly Target[] = [];
  let client: readonly Target[] = [];
  beforeAll(async () => {
    const within = ['--quiet', '--cpus-per-task=1', '--mem=600', '--time=5'];
    const [beside, inside] = await Promise.all([
      site.driver('alice', ['salloc', ...within]),
      site.driver('alice', ['srun', '--unbuffered', '--ntasks=1', ...within]),
    ]);
    const bash = await site.kernel('bash-kernel', { language: 'bash' });
    kernels.push(
      ...(await Promise.all([
        driver.kernel(python),
        driver.kernel(python, { encryption: 'required' }),
        driver.kernel(bash),
        beside.kernel(python),
        inside.kernel(python),
      ])),
    );
    for (const kernel of kernels)
      talks.push(await kernel.send(kernel === kernels[2] ? `yes ${CANARY} | head -1000` : TALK));
    held = portsOf(await bob.listening(site.person('alice').user.uid), site.cluster);
    all = held.map(({ target }) => target);
    client = (await Promise.all(kernels.map(clientPorts))).flat();
  }, 90_000);
  afterAll(() => Promise.all(kernels.map((kernel) => kernel.shutdown(true))));

  const isClient = (port: number): boolean => client.some(([, known]) => known === port);
  /**
   * ipykernel itself pulls, on a loopback port, the output of processes that a cell forks (IOPubThread, `_pipe_in`): nothing
   * can be read from a PULL socket, and what lacks its random 16 bytes is thrown away. Berth does not add it and cannot
   * take it away; it greets like any ZeroMQ socket.
   */
  const isKernelsOwn = (port: number): boolean =>
    held.some(({ target, command }) => target[1] === port && command.includes('/run/berth/connection.json'));

  test('bob sees them all: five a kernel, those of the streams, those of srun', () => {
    const seen = all.map(([, port]) => port);
    expect(seen).toEqual(expect.arrayContaining(client.map(([, port]) => port)));
    expect(client).toHaveLength(25);
    // four kernels have a step: a stream port of the launcher, and what their srun listens on
    expect(seen.filter((port) => !isClient(port)).length).toBeGreaterThanOrEqual(8);
  });

  test('a connection gives not one byte, a greeting nothing but the end', async () => {
    const answers = await bob.raw(all, 1.5);
    expect(answers).toHaveLength(all.length);
    for (const [, port, silent, greeted] of answers) {
      if (isKernelsOwn(port)) continue;
      expect({ port, silent }).toEqual({ port, silent: '' });
      expect({ port, greeted }).toEqual({
        port,
        greeted: isClient(port) ? '' : (expect.stringMatching(NOTHING_OR_ALERT) as unknown),
      });
    }
  });

  test('a subscriber and a dealer of ZeroMQ get no message', async () => {
    expect(await bob.subscribe(all, 3)).toEqual([]);
  });

  test('a TLS client without the launch’s key gets past the handshake nowhere', async () => {
    const node = join(dirname(site.berth), '../lib/node');
    const code = `
      const tls = require('node:tls');
      const attempt = ([host, port], identity) => new Promise((done) => {
        const socket = tls.connect({ host, port, minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256',
          rejectUnauthorized: false, checkServerIdentity: () => undefined,
          ...(identity ? { pskCallback: () => ({ psk: Buffer.alloc(32, 7), identity }) } : {}) });
        const end = (word) => { socket.destroy(); done([port, word]); };
        socket.once('secureConnect', () => end('connected')).once('data', () => end('data'));
        socket.once('error', ({ code }) => end(code)).once('close', () => end('closed'));
        setTimeout(() => end('silence'), 3000);
      });
      const targets = JSON.parse(process.argv[1]);
      Promise.all(targets.flatMap((target) => [attempt(target), attempt(target, process.argv[2])]))
        .then((answers) => console.log(JSON.stringify(answers)));`;
    // the identity of a launch is public: it stands in the job's comment
    const { stdout: comments } = await site.run(['squeue', '--noheader', '--me', '--format=%k']);
    const identity = /berth:([0-9a-f]{16})/.exec(comments)?.[1] ?? '';
    expect(identity).not.toBe('');
    const argv = [node, '-e', code, JSON.stringify(all), identity];
    const { stdout, stderr } = await runAs(site.cluster.users.bob, {}, argv);
    expect(stderr).toBe('');
    const answers = JSON.parse(stdout) as [number, string][];
    expect(answers).toHaveLength(2 * all.length);
    const streams = new Set(answers.map(([, word]) => word));
    expect([...streams]).not.toContain('connected');
    expect([...streams]).not.toContain('data');
    // the streams' own ports have spoken TLS with him, and said no
    expect([...streams].some((word) => word.startsWith('ERR_SSL_'))).toBe(true);
  });

  test('alice’s kernels have not noticed, and her launchers tell who came, without a secret', async () => {
    for (const [index, kernel] of kernels.entries()) {
      // bash_kernel answers an interrupt that came late by giving up the next cell
      if (index !== 2) await kernel.interrupt();
      const { ename } = await kernel.collect(talks[index] ?? '');
      expect(ename).toBe(index === 2 ? null : 'KeyboardInterrupt');
      expect(await kernel.output(index === 2 ? 'echo well' : 'print("well")')).toBe('well\n');
      const log = await kernel.log();
      expect(log).toContain(`a connection of uid ${site.cluster.users.bob.uid}`);
      const { key } = await connectionOf(kernel);
      expect(log).not.toContain(key);
    }
  });
});

describe('T1, the guard off', () => {
  test.each([
    ['a launcher that does not look who connects', unguarded],
    ['a kernel without Berth', bare],
  ])('%s: bob reads alice’s output', async (_, spec) => {
    const kernel = await driver.kernel(await spec());
    await kernel.send(TALK);
    const targets = await clientPorts(kernel);
    // the greeting of ZeroMQ: source is ZMTP 3.1, "greeting". Asked again: it is enough that it can be had
    const greeted = async (): Promise<boolean> =>
      (await bob.raw(targets, 1)).every(([, , silent, greeting]) =>
        /ff00000000000000.*7f03/.test(silent + greeting),
      );
    expect(await until(greeted, 20_000)).toBe(true);
    const overheard = async (): Promise<boolean> =>
      (await bob.subscribe(targets, 2)).filter(([, kind, text]) => kind === 'SUB' && text.includes(CANARY))
        .length > 3;
    expect(await until(overheard, 20_000)).toBe(true);
    await kernel.shutdown(true);
  });
});

describe('T2: bob sends code, even where nobody looks who connects', () => {
  let kernel: DrivenKernel;
  let shell: number;
  let key: string;
  const file = (): string => join(site.person('alice').user.home, `canary-${process.pid}`);
  const lines = async (): Promise<number> =>
    (await readFile(file(), 'utf8').catch(() => '')).split('\n').length - 1;
  const code = (): string => `with open(${JSON.stringify(file())}, "a") as f: f.write("bob was here\\n")`;
  beforeAll(async () => {
    kernel = await driver.kernel(await unguarded());
    ({ shell_port: shell, key } = await connectionOf(kernel));
  });
  afterAll(async () => {
    await kernel?.shutdown(true);
    await rm(file(), { force: true });
  });

  test.each([
    ['a wrong key', 'b'.repeat(64)],
    ['an empty signature', ''],
    ['the right one cut short', undefined],
  ])('with %s: ignored, and the kernel is well', async (_, wrong) => {
    const replies = await bob.execute({
      port: shell,
      key: wrong ?? key.slice(0, -1),
      code: code(),
      seconds: 1.5,
    });
    expect(replies).toEqual([]);
    expect(await kernel.output('print(6 * 7)')).toBe('42\n');
    expect(await lines()).toBe(0);
  });

  test('with the right key it runs, and the same bytes again do not', async () => {
    const replies = await bob.execute({ port: shell, key, code: code(), seconds: 20, times: 3 });
    expect(replies).toHaveLength(1);
    expect(replies[0]).toMatch(/"status": ?"ok"/);
    expect(await lines()).toBe(1);
    expect(await kernel.output('print(6 * 7)')).toBe('42\n');
  });
});
