import type { Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import type { Channel } from '@berth/schema';
import { joinClients } from '../../../spawner/src/launch/client-join.ts';
import { closeSockets, readBytes, socketPair } from './sockets.ts';
import { until } from './until.ts';

afterEach(closeSockets);

/** joined clients whose kernel ends are told in `opened`; `connect` is a client that comes */
function joining() {
  let take: (channel: Channel, socket: Socket) => void = () => undefined;
  const kernels: Partial<Record<Channel, Socket>> = {};
  joinClients({ serve: (handler) => (take = handler), close: async () => undefined }, async (channel) => {
    const [kernel, ours] = await socketPair();
    kernels[channel] = kernel;
    return ours;
  });
  const connect = async (channel: Channel): Promise<Socket> => {
    const [client, accepted] = await socketPair();
    delete kernels[channel];
    take(channel, accepted.pause());
    await until(() => kernels[channel] !== undefined);
    return client;
  };
  return { connect, kernels };
}

test('shell waits until the kernel has greeted on iopub, and not longer', async () => {
  const { connect, kernels } = joining();
  const shell = await connect('shell');
  shell.write('execute');
  let arrived = false;
  const execute = readBytes(kernels.shell as Socket, 7).then(() => (arrived = true));
  const iopub = await connect('iopub');
  expect(arrived).toBe(false);
  (kernels.iopub as Socket).write('greeting');
  expect(String(await readBytes(iopub, 8))).toBe('greeting');
  await execute;
  const second = await connect('shell');
  const from = performance.now();
  second.write('again');
  await readBytes(kernels.shell as Socket, 5);
  expect(performance.now() - from).toBeLessThan(150);
});

test('a client that never opens iopub is served all the same, after at most a quarter of a second', async () => {
  const { connect, kernels } = joining();
  const shell = await connect('shell');
  const from = performance.now();
  shell.write('execute');
  await readBytes(kernels.shell as Socket, 7);
  expect(performance.now() - from).toBeGreaterThan(150);
  expect(performance.now() - from).toBeLessThan(1000);
});

test('hb and control do not wait', async () => {
  const { connect, kernels } = joining();
  const hb = await connect('hb');
  const from = performance.now();
  hb.write('beat');
  (await readBytes(kernels.hb as Socket, 4)).toString();
  expect(performance.now() - from).toBeLessThan(150);
});

test('a client that goes while it is held leaves no connection to the kernel behind', async () => {
  const { connect, kernels } = joining();
  const shell = await connect('shell');
  shell.resetAndDestroy();
  await until(() => (kernels.shell as Socket).resume().closed);
});

test('a kernel that goes while its client is held takes the client with it', async () => {
  const { connect, kernels } = joining();
  const shell = await connect('shell');
  shell.resume();
  (kernels.shell as Socket).resetAndDestroy();
  await until(() => shell.closed);
});
