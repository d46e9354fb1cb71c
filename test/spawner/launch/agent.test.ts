import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { afterEach, describe, expect, test } from '@jest/globals';
import { writeDial } from '../../../spawner/src/launch/dial.ts';
import { writeFrame } from '../../../spawner/src/launch/frames.ts';
import { jsonLines } from '../../../spawner/src/launch/json-lines.ts';
import { deriveKeys, makeKeyPair, seal } from '../../../spawner/src/launch/key-exchange.ts';
import { ToLauncher } from '../../../spawner/src/launch/messages.ts';
import { encodeOrder, placeOrder } from '../../../spawner/src/launch/place-order.ts';
import { planLaunch } from '../../../spawner/src/launch/plan.ts';
import { openStreamServer } from '../../../spawner/src/launch/stream-server.ts';
import { placeProgram } from '../native/place-program.ts';
import { fakeTools } from './fake-tools.ts';
import { inDirectory, launchRecord } from './launch-fixture.ts';
import { ours, closeSockets } from './sockets.ts';
import { until } from './until.ts';

const running = new Set<{ end: () => Promise<unknown> }>();
afterEach(async () => {
  closeSockets();
  for (const { end } of running) await end();
  running.clear();
});

/** a place and its agent as srun starts them, with fake tools; the kernel is `script` */
async function agent(
  directory: string,
  script = 'exec sleep 1000',
  more: Readonly<Record<string, string>> = {},
  mountPoint = 'mnt',
) {
  const path = await fakeTools(directory);
  await mkdir(`${directory}/home`, { mode: 0o700 });
  await writeFile(`${directory}/home/file`, '');
  const record = launchRecord({
    node: { mountPoint: `${directory}/home/${mountPoint}` },
    store: { format: 'directory' },
  });
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
  const child = spawn(await placeProgram(), ['agent', `${directory}/bin/berth`], {
    env: { PATH: path, SLURM_JOB_ID: '77', SLURM_STEP_ID: '3', SLURMD_NODENAME: 'n1', ...more },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const told: ToLauncher[] = [];
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdin.on('error', () => undefined);
  const status = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const listening = (async () => {
    for await (const line of jsonLines(child.stdout, () => undefined)) told.push(ToLauncher.parse(line));
  })();
  const end = (): Promise<unknown> => {
    child.stdin.end();
    return Promise.all([status, listening]);
  };
  running.add({ end });
  const tell = (type: string, data?: string | readonly number[] | Buffer): void =>
    writeFrame(child.stdin, type, data);
  const has = <T extends ToLauncher['type']>(type: T): Promise<Extract<ToLauncher, { type: T }>> =>
    until(() => told.some((one) => one.type === type)).then(
      () => told.find((one) => one.type === type) as Extract<ToLauncher, { type: T }>,
    );
  const keys = makeKeyPair();
  const derive = async () => {
    const hello = await has('hello');
    return deriveKeys(keys, Buffer.from(hello.publicKey, 'base64'), plan.launchId);
  };
  tell('P', encodeOrder(placeOrder(plan).order));
  tell('N', JSON.stringify(plan));
  return {
    child,
    told,
    said: () => said,
    status,
    tell,
    has,
    end,
    start: async () => tell('S', Buffer.concat([keys.publicKey, seal((await derive()).seal, '{}')])),
    /** with streams that nobody uses */
    dial: async () => {
      const { stream } = await derive();
      const streams = ours(await openStreamServer(stream, plan.launchId, { addresses: ['127.0.0.1'] }));
      tell('D', writeDial({ addresses: ['127.0.0.1'], port: streams.port }));
    },
  };
}

describe('the conversation', () => {
  test('greeting, start, kernel, its end', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory, 'echo from the kernel; sleep 0.5; echo last >&2; exit 4');
      await one.start();
      await one.dial();
      const { stages } = await one.has('running');
      expect(Object.keys(stages)).toEqual(['rootfs', 'mounted', 'spawned']);
      expect(await one.status).toBe(0);
      expect(await one.has('exit')).toMatchObject({
        code: 4,
        signal: null,
        terminated: false,
        lastWords: 'last',
      });
      expect(one.told.map(({ type }) => type)).toEqual(['hello', 'running', 'exit']);
      expect(one.said()).toContain('from the kernel');
    }));

  test('signals of the launcher and of Slurm reach the kernel; SIGTERM of Slurm is said to be that', () =>
    inDirectory(async (directory) => {
      const script =
        'trap "echo usr1" USR1; trap "echo int" INT; trap "exit 0" TERM; echo up; while :; do sleep 0.02; done';
      const one = await agent(directory, script);
      await one.start();
      await until(() => one.said().includes('up'));
      one.tell('G', [constants.signals.SIGUSR1]);
      await until(() => one.said().includes('usr1'));
      one.child.kill('SIGINT');
      await until(() => one.said().includes('int'));
      one.child.kill('SIGTERM');
      expect(await one.has('exit')).toMatchObject({ code: 0, terminated: true });
      expect(await one.status).toBe(0);
    }));

  test('a kernel that ends before anybody is dialled is not waited for', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory, 'exit 5');
      await one.start();
      expect(await one.has('exit')).toMatchObject({ code: 5 });
      expect(await one.status).toBe(0);
    }));
});

describe('the end of stdin ends everything', () => {
  test('while there is no kernel yet', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory);
      await one.has('hello');
      await one.end();
      expect(one.child.exitCode).toBe(1);
      expect(one.told.map(({ type }) => type)).toEqual(['hello']);
    }));

  test('while the image is made', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory, '', { SLOW_IMAGE: '1' });
      await one.has('doing');
      await one.end();
      expect(one.child.exitCode).toBe(1);
      expect(one.told.at(-1)).toMatchObject({ type: 'failed', code: 'cancelled' });
    }));

  test('a kernel that does not listen', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory, 'trap "" TERM; echo up; while :; do sleep 0.02; done');
      await one.start();
      await until(() => one.said().includes('up'));
      one.child.stdin.end();
      expect(await one.has('exit')).toMatchObject({ signal: 'SIGKILL' });
    }));
});

describe('what goes wrong', () => {
  test('an image that cannot be made: its fact sheet', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory, '', { BAD_IMAGE: '1' });
      expect(await one.has('failed')).toMatchObject({ code: 'layer-invalid' });
      expect(await one.status).toBe(1);
    }));

  test('a mount point that cannot be: said by name, though the plan that has it comes later', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory, '', {}, 'file/mnt');
      expect(await one.has('failed')).toMatchObject({
        code: 'mount-point-refused',
        sentence: expect.stringContaining('home/file is not a directory'),
      });
      expect(await one.status).toBe(1);
    }));

  test('a secret that was sealed with another key: failed, and no kernel', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory, 'echo up');
      one.tell('S', Buffer.concat([makeKeyPair().publicKey, seal(Buffer.alloc(32), '{}')]));
      expect(await one.has('failed')).toMatchObject({ code: 'internal' });
      expect(await one.status).toBe(1);
      expect(one.said()).not.toContain('up');
    }));

  test('a launcher that cannot be dialled: a named failure, and the kernel is ended', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory);
      await one.start();
      one.tell('D', writeDial({ addresses: [], port: 1 }));
      expect(await one.has('failed')).toMatchObject({ code: 'channel-failed' });
      expect(await one.has('exit')).toMatchObject({ signal: 'SIGTERM' });
      expect(await one.status).toBe(0);
    }));

  test('its own end is the place`s, and the other way round', () =>
    inDirectory(async (directory) => {
      const one = await agent(directory, 'echo $$; exec sleep 1000');
      await one.start();
      const { pid } = await one.has('running');
      const agentPid = Number(await childNamed(one.child.pid ?? 0, 'node'));
      process.kill(agentPid, 'SIGKILL');
      expect(await one.status).toBe(137);
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    }));
});

async function childNamed(parent: number, name: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const children = (await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8')).trim().split(' ');
  for (const pid of children) {
    const [first = ''] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    if (first.endsWith(name)) return pid;
  }
  throw new Error(`no ${name} among ${children.join(' ')}`);
}
