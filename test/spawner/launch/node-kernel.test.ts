import { mkdir } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import { nodeKernel, type NodeContext, type NodeKernel } from '../../../spawner/src/launch/node-kernel.ts';
import { writeFrame } from '../../../spawner/src/launch/frames.ts';
import { encodeOrder, placeOrder } from '../../../spawner/src/launch/place-order.ts';
import { planLaunch } from '../../../spawner/src/launch/plan.ts';
import { startPlace } from '../../../spawner/src/launch/start-place.ts';
import { storePaths } from '../../../spawner/src/store/store-paths.ts';
import { parentOf } from '../native/placed.ts';
import { placeProgram } from '../native/place-program.ts';
import { fakeTools } from './fake-tools.ts';
import { inDirectory, launchRecord } from './launch-fixture.ts';
import { readBytes } from './sockets.ts';
import { until } from './until.ts';

const running = new Set<NodeKernel>();
afterEach(async () => {
  await Promise.all([...running].map((kernel) => kernel.release()));
  running.clear();
});

/** a place with fake tools and an image that is made when asked for; the kernel is `argv` */
async function started(directory: string, argv: readonly string[], more: Partial<NodeContext> = {}) {
  const path = await fakeTools(directory);
  await mkdir(`${directory}/home`, { mode: 0o700 });
  const record = launchRecord({
    node: { mountPoint: `${directory}/home/mnt` },
    store: { format: 'directory' },
  });
  const uid = process.getuid?.() ?? 0;
  const { node: plan } = planLaunch(
    { ...record, kernel: { ...record.kernel, argv } },
    {
      launchId: '0123456789abcdef',
      env: {},
      cwd: `${directory}/home`,
      person: { name: 'me', uid, home: `${directory}/home`, shell: '' },
      addresses: [],
    },
  );
  const program = await placeProgram();
  const place = startPlace(program, { PATH: path });
  writeFrame(place.frames, 'P', encodeOrder(placeOrder(plan).order));
  writeFrame(place.frames, 'C', '{}');
  const output = new PassThrough();
  let said = '';
  output.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const logged: string[] = [];
  const kernel = nodeKernel(place, {
    program,
    env: { PATH: path },
    output,
    log: (line) => logged.push(line),
    plan: Promise.resolve(plan),
    gone: new Error('gone'),
    rootfs: async ({ store, image }) => {
      const { rootfs } = storePaths(store, image.digest);
      await mkdir(rootfs.path, { recursive: true });
      return rootfs;
    },
    receive: () => undefined,
    ...more,
  });
  running.add(kernel);
  return { kernel, place, logged, said: () => said };
}
const sh = (script: string): string[] => ['/bin/sh', '-c', script];

describe('the end of a kernel', () => {
  test('status and last words, which are one short line', () =>
    inDirectory(async (directory) => {
      const { kernel, said } = await started(
        directory,
        sh('echo out; echo first >&2; echo "last words" >&2; exit 3'),
      );
      const end = {
        code: 3,
        signal: null,
        outOfMemory: undefined,
        terminated: false,
        lastWords: 'last words',
      };
      expect(await kernel.exited).toEqual(end);
      expect(said()).toContain('out');
      expect(said()).toContain('first\nlast words\n');
    }));

  test('killed: not called out of memory when the cgroup counted no such kill', () =>
    inDirectory(async (directory) => {
      const { kernel } = await started(
        directory,
        sh('head -c 5000 /dev/zero | tr "\\0" x >&2; kill -KILL $$'),
      );
      const end = await kernel.exited;
      expect(end).toMatchObject({ code: null, signal: 'SIGKILL', outOfMemory: undefined });
      expect(end.lastWords.length).toBeLessThanOrEqual(500);
    }));

  test('told to stop', () =>
    inDirectory(async (directory) => {
      const { kernel, said } = await started(
        directory,
        sh('trap "echo usr1" USR1; echo up; while :; do sleep 0.02; done'),
      );
      await until(() => said().includes('up'));
      kernel.signal('SIGUSR1');
      await until(() => said().includes('usr1'));
      kernel.stop();
      kernel.stop();
      expect(await kernel.exited).toMatchObject({ signal: 'SIGTERM' });
    }));
});

describe('no kernel', () => {
  test('an image that cannot be made: that failure, for all who wait', () =>
    inDirectory(async (directory) => {
      const { kernel } = await started(directory, sh(''), {
        rootfs: () => Promise.reject(new Error('no image')),
      });
      await expect(kernel.running).rejects.toThrow('no image');
      await expect(kernel.exited).rejects.toThrow('no image');
      await expect(kernel.socket('shell')).rejects.toThrow('no image');
    }));

  test('a holder that is killed: the container is lost; its watcher too: gone', () =>
    inDirectory(async (directory) => {
      const { kernel } = await started(directory, sh('exec sleep 1000'));
      process.kill(parentOf((await kernel.running).pid), 'SIGKILL');
      await expect(kernel.exited).rejects.toMatchObject({ code: 'container-lost' });
    }).then(() =>
      inDirectory(async (directory) => {
        const { kernel, place } = await started(directory, sh('exec sleep 1000'));
        process.kill(parentOf(parentOf((await kernel.running).pid)), 'SIGKILL');
        await place.ended;
        await expect(kernel.exited).rejects.toThrow('gone');
      }),
    ));
});

test('its sockets are reached from outside as soon as they are bound, and not waited for after its end', () =>
  inDirectory(async (directory) => {
    const echo = new URL('./echo-kernel.ts', import.meta.url).pathname;
    const argv = [process.execPath, '--no-warnings', echo, `${directory}/home/mnt/run`];
    const { kernel } = await started(directory, argv);
    const socket = await kernel.socket('hb');
    socket.write('beat');
    expect(String(await readBytes(socket, 6))).toBe('5:beat');
    socket.destroy();
    kernel.stop();
    await kernel.exited;
    await expect(kernel.socket('shell')).rejects.toThrow(/ENOENT|ECONNREFUSED/);
  }));
