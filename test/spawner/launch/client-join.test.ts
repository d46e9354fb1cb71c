import type { Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import type { Channel } from '@berth/schema';
import { joinClients } from '../../../spawner/src/launch/client-join.ts';
import { closeSockets, readBytes, socketPair } from './sockets.ts';
import { quickest } from './quickest.ts';
import { until } from './until.ts';

afterEach(closeSockets);

/** joined clients whose kernel ends are told in `opened`; `connect` is a client that comes */
function joining(graceMs?: number) {
  let take: (channel: Channel, socket: Socket) => void = () => undefined;
  const kernels: Partial<Record<Channel, Socket>> = {};
  const open = async (channel: Channel): Promise<Socket> => {
    const [kernel, ours] = await socketPair();
    kernels[channel] = kernel;
    return ours;
  };
  joinClients({ serve: (handler) => (take = handler), close: async () => undefined }, open, graceMs);
  const connect = async (channel: Channel): Promise<Socket> => {
    const [client, accepted] = await socketPair();
    delete kernels[channel];
    take(channel, accepted.pause());
    await until(() => kernels[channel] !== undefined);
    return client;
  };
  return { connect, kernels };
}

/** The least of three times that bytes need to the kernel, in ms: one may be held up by what else runs here. */
async function msAtBest(clients: ReturnType<typeof joining>, channel: Channel): Promise<number> {
  const times: number[] = [];
  while (times.length < 3) {
    const client = await clients.connect(channel);
    const from = performance.now();
    client.write('beat');
    await readBytes(clients.kernels[channel] as Socket, 4);
    times.push(performance.now() - from);
  }
  return Math.min(...times);
}

test('shell waits until the kernel has greeted on iopub, and not longer', async () => {
  const clients = joining(60_000);
  const { connect, kernels } = clients;
  const shell = await connect('shell');
  shell.write('execute');
  let arrived = false;
  const execute = readBytes(kernels.shell as Socket, 7).then(() => (arrived = true));
  const iopub = await connect('iopub');
  expect(arrived).toBe(false);
  (kernels.iopub as Socket).write('greeting');
  expect(String(await readBytes(iopub, 8))).toBe('greeting');
  await execute;
  expect(await msAtBest(clients, 'shell')).toBeLessThan(150);
});

test('a client that never opens iopub is served all the same, after at most a quarter of a second', async () => {
  const times: number[] = [];
  const least = await quickest(1000, async () => {
    const { connect, kernels } = joining();
    const from = performance.now();
    const shell = await connect('shell');
    shell.write('execute');
    await readBytes(kernels.shell as Socket, 7);
    const took = performance.now() - from;
    times.push(took);
    return took;
  });
  expect(least).toBeLessThan(1000);
  expect(Math.min(...times)).toBeGreaterThan(150);
});

test('hb and control do not wait', async () => {
  const clients = joining();
  for (const channel of ['hb', 'control'] as const)
    expect(await msAtBest(clients, channel)).toBeLessThan(150);
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
