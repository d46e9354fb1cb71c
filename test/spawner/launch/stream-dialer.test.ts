import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { CHANNELS, type Channel } from '@berth/schema';
import { dialStreams, type StreamDialer } from '../../../spawner/src/launch/stream-dialer.ts';
import { openStreamServer } from '../../../spawner/src/launch/stream-server.ts';
import { closeSockets, ours, portOf, readAll, readBytes, socketPair } from './sockets.ts';
import { quickest } from './quickest.ts';
import { until } from './until.ts';

type Times = Parameters<typeof dialStreams>[4];

const KEY = randomBytes(32);
const ended: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of ended.splice(0)) await one.close();
  closeSockets();
});

const server = async () => {
  const made = await openStreamServer(KEY, 'launch', { addresses: ['127.0.0.1'] });
  ended.push(made);
  return { port: made.port, take: (channel: Channel) => made.take(channel) };
};

/** an agent whose kernel answers every byte with the channel's name in front */
function agent(port: number, addresses = ['127.0.0.1'], key = KEY, times?: Times) {
  const kernels: [Channel, Socket][] = [];
  const kernelSocket = async (channel: Channel): Promise<Socket> => {
    const [kernel, near] = await socketPair();
    kernels.push([channel, kernel]);
    kernel.on('data', (chunk: Buffer) => kernel.write(`${channel}:${chunk.toString()}`));
    return near;
  };
  const dialer: StreamDialer = dialStreams({ addresses, port }, key, 'launch', kernelSocket, times);
  dialer.connected.catch(() => undefined);
  ended.push(dialer);
  return { dialer, kernels };
}

/** Here a busy machine is no reason to give up: what is asked is whether anything is lost while there is time. */
const TIME_FOR_ALL = { silent: 2000, lastWords: 60_000 };

/** A kernel's iopub from which the client reads nothing yet. */
async function unread(times?: Times) {
  const { port, take } = await server();
  const { dialer, kernels } = agent(port, undefined, undefined, times);
  await dialer.connected;
  const stream = ours(await take('iopub'));
  stream.pause();
  await until(() => kernels.length === 1);
  const [[, kernel]] = kernels as [[Channel, Socket]];
  return { dialer, stream, kernel };
}

/** A port of 127.0.0.1 at which nobody listens, any more. */
async function silentPort(): Promise<number> {
  const closed = ours(createServer().listen(0, '127.0.0.1'));
  await once(closed, 'listening');
  const port = portOf(closed);
  closed.close();
  await once(closed, 'close');
  return port;
}

describe('together with the launcher`s end, over real TLS', () => {
  test('each stream reaches the socket of its channel; 30 at once, twice the 8 that were dialled ahead and more', async () => {
    const { port, take } = await server();
    const { dialer } = agent(port);
    await dialer.connected;
    const wanted = Array.from({ length: 30 }, (_, at) => CHANNELS[at % CHANNELS.length] as Channel);
    const answers = await Promise.all(
      wanted.map(async (channel, at) => {
        const stream = ours(await take(channel));
        const word = String(at).padStart(3, '0');
        stream.write(word);
        return String(await readBytes(stream, channel.length + 1 + word.length));
      }),
    );
    expect(answers).toEqual(wanted.map((channel, at) => `${channel}:${String(at).padStart(3, '0')}`));
  });

  test('bytes that come right behind the channel are the kernel`s', async () => {
    const { port, take } = await server();
    const { dialer } = agent(port);
    await dialer.connected;
    const stream = ours(await take('hb'));
    stream.cork();
    stream.write('abc');
    stream.uncork();
    expect(String(await readBytes(stream, 6))).toBe('hb:abc');
  });

  test('the last words of a kernel that ends come through, 8 MB of them', async () => {
    const { dialer, stream, kernel } = await unread(TIME_FOR_ALL);
    const words = randomBytes(8_000_000);
    kernel.removeAllListeners('data').end(words);
    const heard = readAll(stream);
    await dialer.close();
    expect((await heard).equals(words)).toBe(true);
  });

  test('they come through to a client that is slow to read, too', async () => {
    const { dialer, stream, kernel } = await unread(TIME_FOR_ALL);
    kernel.removeAllListeners('data').end(Buffer.alloc(12_000_000));
    const closed = dialer.close();
    let heard = 0;
    let pauses = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      heard += chunk.length;
      // 12 of them: twice as long as silence may last
      if (heard > 1_000_000 * pauses) await sleep(TIME_FOR_ALL.silent / 6, pauses++);
    }
    await closed;
    expect(heard).toBe(12_000_000);
  });

  test('closing is bounded in time though nobody reads, and nothing is left', async () => {
    // close() promises 1.2 s
    const least = await quickest(3000, async () => {
      const { dialer, stream, kernel } = await unread();
      kernel.write(Buffer.alloc(30_000_000));
      const from = performance.now();
      await dialer.close();
      await dialer.close();
      const took = performance.now() - from;
      stream.resume();
      await until(() => stream.closed);
      return took;
    });
    expect(least).toBeLessThan(3000);
  });
});

describe('reaching the launcher', () => {
  test('the second address when the first refuses', async () => {
    const { port, take } = await server();
    const { dialer } = agent(port, ['127.0.0.99', '127.0.0.1']);
    await dialer.connected;
    const stream = ours(await take('shell'));
    stream.write('x');
    expect(String(await readBytes(stream, 7))).toBe('shell:x');
  });
  test('nobody at any address, another key, or no address: said when patience is over, or at once', async () => {
    const { port } = await server();
    const free = await silentPort();
    await expect(agent(free, ['127.0.0.1'], KEY, { patience: 0 }).dialer.connected).rejects.toThrow(
      /ECONNREFUSED/,
    );
    await expect(
      agent(port, ['127.0.0.1'], randomBytes(32), { patience: 0 }).dialer.connected,
    ).rejects.toThrow();
    await expect(agent(port, []).dialer.connected).rejects.toThrow(/no address/);
  });
  test('a second address while the first is silent, and nothing is left of the first', async () => {
    const { port, take } = await server();
    const heard: Socket[] = [];
    const silent = ours(createServer((socket) => heard.push(socket)).listen(port, '127.0.0.98'));
    await once(silent, 'listening');
    const { dialer } = agent(port, ['127.0.0.98', '127.0.0.1']);
    const from = performance.now();
    await dialer.connected;
    // one that is given up is so after 3 s
    expect(performance.now() - from).toBeLessThan(2900);
    const stream = ours(await take('shell'));
    stream.write('x');
    expect(String(await readBytes(stream, 7))).toBe('shell:x');
    expect(heard).toHaveLength(1);
    await until(() => heard.every((socket) => ours(socket).resume().closed));
  });
  test('a launcher that cannot be reached at first is reached later', async () => {
    const { port } = await server();
    const free = await silentPort();
    const { dialer } = agent(free);
    let stands = false;
    void dialer.connected.then(() => (stands = true));
    await expect(agent(free, ['127.0.0.1'], KEY, { patience: 0 }).dialer.connected).rejects.toThrow(
      /ECONNREFUSED/,
    );
    expect(stands).toBe(false);
    const { createConnection } = await import('node:net');
    const late = ours(
      createServer((near) => {
        const far = ours(createConnection({ host: '127.0.0.1', port }));
        ours(near)
          .on('error', () => far.destroy())
          .pipe(far);
        far.on('error', () => near.destroy()).pipe(near);
      }).listen(free, '127.0.0.1'),
    );
    await once(late, 'listening');
    await dialer.connected;
  });
  test('an idle stream that the network cut is dialled anew', async () => {
    const cutters: Socket[] = [];
    const { port, take } = await server();
    // a firewall between them that cuts every connection once
    const { createConnection } = await import('node:net');
    const firewall = ours(
      createServer((near) => {
        const far = createConnection({ host: '127.0.0.1', port });
        near.on('error', () => far.destroy()).pipe(far);
        far.on('error', () => near.destroy()).pipe(near);
        cutters.push(near, far);
      }).listen(0, '127.0.0.1'),
    );
    await once(firewall, 'listening');
    const { dialer } = agent(portOf(firewall));
    await dialer.connected;
    await until(() => cutters.length >= 12);
    for (const socket of cutters.splice(0)) socket.resetAndDestroy();
    await until(() => cutters.length >= 12);
    const stream = ours(await take('shell'));
    stream.write('x');
    expect(String(await readBytes(stream, 7))).toBe('shell:x');
    for (const socket of cutters) ours(socket);
  });
  test('a stream that ends before the kernel`s socket is there leaves no connection to the kernel', async () => {
    const { port, take } = await server();
    const ready = Promise.withResolvers<undefined>();
    const [kernel, near] = await socketPair();
    const dialer = dialStreams({ addresses: ['127.0.0.1'], port }, KEY, 'launch', async () => {
      await ready.promise;
      return near;
    });
    ended.push(dialer);
    await dialer.connected;
    const stream = await take('shell');
    await new Promise((resolve) => setTimeout(resolve, 50));
    stream.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    ready.resolve(undefined);
    await until(() => kernel.resume().closed);
  });
});
