import { mkdir } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { NodePlan } from '@berth/schema';
import { runAgent } from '../../../spawner/src/launch/agent.ts';
import { jsonLines, writeLine } from '../../../spawner/src/launch/json-lines.ts';
import { deriveKeys, makeKeyPair, seal } from '../../../spawner/src/launch/key-exchange.ts';
import { ToLauncher } from '../../../spawner/src/launch/messages.ts';
import { planLaunch } from '../../../spawner/src/launch/plan.ts';
import { openStreamServer } from '../../../spawner/src/launch/stream-server.ts';
import { fakeTools } from './fake-tools.ts';
import { connectionFile, inDirectory, launchRecord } from './launch-fixture.ts';
import { ours, closeSockets } from './sockets.ts';
import { until } from './until.ts';

const running = new Set<{ input: PassThrough; status: Promise<number> }>();
afterEach(async () => {
  closeSockets();
  for (const { input, status } of running) {
    input.end();
    await status;
  }
  running.clear();
});

/** an agent with streams in memory and fake tools; the kernel is `script` */
async function agent(directory: string, script = 'sleep 1000') {
  const path = await fakeTools(directory);
  await mkdir(`${directory}/home`, { mode: 0o700 });
  const record = launchRecord({ node: { mountPoint: `${directory}/home/mnt` } });
  const uid = process.getuid?.() ?? 0;
  const { node: plan } = planLaunch(
    { ...record, kernel: { ...record.kernel, argv: ['/bin/sh', '-c', script] } },
    {
      launchId: '0123456789abcdef',
      env: {},
      cwd: `${directory}/home`,
      person: { name: 'me', uid, home: `${directory}/home`, shell: '/bin/sh' },
      addresses: [],
    },
  );
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const told: ToLauncher[] = [];
  let said = '';
  errors.on('data', (chunk: Buffer) => (said += chunk.toString()));
  void (async () => {
    for await (const line of jsonLines(output, () => undefined)) told.push(ToLauncher.parse(line));
  })();
  let signal: (signal: NodeJS.Signals) => void = () => undefined;
  const status = runAgent({
    input,
    output,
    errors,
    env: { PATH: path, SLURM_JOB_ID: '77', SLURM_STEP_ID: '3' },
    uid,
    node: 'n1',
    began: 1,
    onSignal: (receive) => (signal = receive),
    rootfs: async () => ({ format: 'directory', digest: plan.image.digest, path: '/' }),
  });
  running.add({ input, status });
  const tell = (message: object): void => writeLine(input, message);
  const has = <T extends ToLauncher['type']>(type: T): Promise<Extract<ToLauncher, { type: T }>> =>
    until(() => told.some((one) => one.type === type)).then(
      () => told.find((one) => one.type === type) as Extract<ToLauncher, { type: T }>,
    );
  /** the launcher's answer to the greeting, with streams that nobody uses */
  const start = async (work: NodePlan): Promise<void> => {
    const hello = await has('hello');
    const keys = makeKeyPair();
    const derived = deriveKeys(keys, keys.publicKey, Buffer.from(hello.publicKey, 'base64'), work.launchId);
    const streams = ours(await openStreamServer(derived.stream, work.launchId, { addresses: ['127.0.0.1'] }));
    tell({
      type: 'start',
      publicKey: keys.publicKey.toString('base64'),
      sealed: seal(derived.seal, JSON.stringify({ connection: connectionFile() })),
      addresses: ['127.0.0.1'],
      port: streams.port,
    });
  };
  return {
    plan,
    input,
    told,
    said: () => said,
    status,
    tell,
    has,
    start,
    signal: (name: NodeJS.Signals) => signal(name),
  };
}

describe('the conversation', () => {
  test('plan, greeting, start, kernel, its end', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory, 'echo from the kernel; sleep 0.3; exit 4');
      one.tell({ type: 'plan', plan: one.plan });
      expect(await one.has('hello')).toMatchObject({ jobId: '77', stepId: '3', node: 'n1' });
      await one.start(one.plan);
      const { stages } = await one.has('running');
      expect(Object.keys(stages)).toEqual(['rootfs', 'mounted', 'spawned']);
      expect(await one.status).toBe(0);
      expect(await one.has('exit')).toMatchObject({ code: 4, signal: null, terminated: false });
      expect(one.told.map(({ type }) => type)).toEqual(['hello', 'running', 'exit']);
      expect(one.said()).toContain('from the kernel');
    }));

  test('signals of the launcher and of Slurm reach the kernel; SIGTERM of Slurm is said to be that', () =>
    inDirectory(async (directory) => {
      const script =
        'trap "echo usr1" USR1; trap "echo int" INT; trap "exit 0" TERM; echo up; while :; do sleep 0.02; done';
      const one = await agent(directory, script);
      one.tell({ type: 'plan', plan: one.plan });
      await one.start(one.plan);
      await until(() => one.said().includes('up'));
      one.tell({ type: 'signal', signal: 'SIGUSR1' });
      await until(() => one.said().includes('usr1'));
      one.signal('SIGINT');
      await until(() => one.said().includes('int'));
      one.signal('SIGTERM');
      expect(await one.has('exit')).toMatchObject({ terminated: true });
      expect(await one.status).toBe(0);
    }));

  test('the end of stdin ends everything: before a plan, while preparing, and a kernel', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory);
      one.input.end();
      expect(await one.status).toBe(64);
    }).then(() =>
      inDirectory(async (directory) => {
        const one = await agent(directory);
        one.tell({ type: 'plan', plan: one.plan });
        await one.has('hello');
        one.input.end();
        expect(await one.status).toBe(1);
        expect(one.told.map(({ type }) => type)).toEqual(['hello']);
      }).then(() =>
        inDirectory(async (directory) => {
          const one = await agent(directory, 'trap "" TERM; echo up; while :; do sleep 0.02; done');
          one.tell({ type: 'plan', plan: one.plan });
          await one.start(one.plan);
          await until(() => one.said().includes('up'));
          one.input.end();
          expect(await one.has('exit')).toMatchObject({ signal: 'SIGKILL' });
        }),
      ),
    ));
});

describe('what it does not take', () => {
  test.each(['{"type":"stop"}', '{"type":"plan"}', '{"type":"plan","plan":{}}', '5', 'null'])(
    '%s as the first line',
    (line) =>
      inDirectory(async (directory) => {
        const one = await agent(directory);
        one.input.write(`${line}\n`);
        expect(await one.status).toBe(64);
        expect(one.told).toEqual([]);
      }),
  );
  test('a second plan, unknown messages and noise are logged and change nothing', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory, 'echo up; sleep 1000');
      one.tell({ type: 'plan', plan: one.plan });
      await one.has('hello');
      one.input.write('noise\n');
      one.tell({ type: 'plan', plan: one.plan });
      one.tell({ type: 'signal', signal: 'SIGSTOP' });
      one.tell({ type: 'dance' });
      await until(() => one.said().split('berth agent:').length > 4);
      await one.start(one.plan);
      await until(() => one.said().includes('up'));
      expect(one.told.filter(({ type }) => type === 'hello')).toHaveLength(1);
    }));
  test('a secret that was sealed with another key: failed, and no kernel', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory, 'echo up');
      one.tell({ type: 'plan', plan: one.plan });
      await one.has('hello');
      const sealed = seal(Buffer.alloc(32), JSON.stringify({ connection: connectionFile() }));
      one.tell({
        type: 'start',
        publicKey: makeKeyPair().publicKey.toString('base64'),
        sealed,
        addresses: [],
        port: 1,
      });
      expect(await one.has('failed')).toMatchObject({ code: 'internal' });
      expect(await one.status).toBe(1);
      expect(one.said()).not.toContain('up');
    }));
  test('a launcher that cannot be dialled: a named failure, and the kernel is ended', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory);
      one.tell({ type: 'plan', plan: one.plan });
      const hello = await one.has('hello');
      const keys = makeKeyPair();
      const derived = deriveKeys(
        keys,
        keys.publicKey,
        Buffer.from(hello.publicKey, 'base64'),
        one.plan.launchId,
      );
      const sealed = seal(derived.seal, JSON.stringify({ connection: connectionFile() }));
      one.tell({
        type: 'start',
        publicKey: keys.publicKey.toString('base64'),
        sealed,
        addresses: [],
        port: 1,
      });
      expect(await one.has('failed')).toMatchObject({ code: 'channel-failed' });
      expect(await one.has('exit')).toMatchObject({ signal: 'SIGTERM' });
      expect(await one.status).toBe(0);
    }));
});
