import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from '@jest/globals';
import { openStreamServer, type StreamServer } from '../../../spawner/src/launch/stream-server.ts';
import { tlsClientOptions } from '../../../spawner/src/launch/stream-tls.ts';
import { closeSockets, ours, portOf, readBytes } from './sockets.ts';

const KEY = Buffer.alloc(32, 7);
const servers: StreamServer[] = [];
afterEach(() => {
  closeSockets();
  for (const server of servers.splice(0)) server.close();
});

async function open(
  listen: { addresses?: string[]; portRange?: [number, number] } = {},
): Promise<StreamServer> {
  const server = await openStreamServer(KEY, 'launch-1', { addresses: ['127.0.0.1'], ...listen });
  servers.push(server);
  return server;
}
const dial = (port: number, key = KEY, identity = 'launch-1', more: object = {}): TLSSocket => {
  const stream = ours(connect({ ...tlsClientOptions(key, identity), host: '127.0.0.1', port, ...more }));
  stream.on('error', () => undefined);
  return stream;
};

describe('who gets in', () => {
  test('the launch`s key: TLS 1.3, and the first byte tells the channel', async () => {
    const server = await open();
    const agent = dial(server.port);
    const [stream] = await Promise.all([server.take('control'), once(agent, 'secureConnect')]);
    ours(stream);
    expect(agent.getProtocol()).toBe('TLSv1.3');
    expect(agent.getCipher().name).toBe('TLS_AES_128_GCM_SHA256');
    expect([...(await readBytes(agent, 1))]).toEqual([3]);
  });

  const intruders: [string, (port: number) => TLSSocket][] = [
    ['another key', (port) => dial(port, Buffer.alloc(32, 8))],
    ['another launch', (port) => dial(port, KEY, 'launch-2')],
    [
      'no key at all',
      (port) => dial(port, KEY, 'launch-1', { pskCallback: undefined, rejectUnauthorized: false }),
    ],
    [
      'an older TLS',
      (port) => dial(port, KEY, 'launch-1', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'PSK' }),
    ],
  ];
  test.each(intruders)('%s: refused, and nothing is accepted', async (_, intrude) => {
    const server = await open();
    let accepted = false;
    void server.take('shell').then((stream) => {
      ours(stream);
      accepted = true;
    });
    const bob = intrude(server.port);
    let heard = 0;
    bob.on('data', (chunk: Buffer) => (heard += chunk.length));
    await new Promise((resolve) => bob.once('close', resolve));
    expect([accepted, heard]).toEqual([false, 0]);
    // negative control: the same door opens for the key
    dial(server.port);
    while (!accepted) await new Promise((resolve) => setImmediate(resolve));
  });

  test('plain bytes of a port scanner do not disturb', async () => {
    const server = await open();
    const scanner = ours(createConnection({ host: '127.0.0.1', port: server.port }));
    scanner.on('error', () => undefined).end('GET / HTTP/1.0\r\n\r\n');
    await new Promise((resolve) => scanner.once('close', resolve));
    dial(server.port);
    ours(await server.take('hb'));
  });
});

describe('the port', () => {
  test('within the range, past taken ones', async () => {
    const taken = ours(createServer().listen(0, '127.0.0.1'));
    await once(taken, 'listening');
    const low = Math.min(portOf(taken), 65533);
    for (let round = 0; round < 6; round++) {
      const { port } = await open({ portRange: [low, low + 2] }).catch(() => ({ port: 0 }));
      if (port !== 0) {
        expect(port).toBeGreaterThan(low);
        expect(port).toBeLessThanOrEqual(low + 2);
      }
    }
  });
  test('a range that is used up is a named failure that says which', async () => {
    const taken = ours(createServer().listen(0, '127.0.0.1'));
    await once(taken, 'listening');
    const port = portOf(taken);
    await expect(open({ portRange: [port, port] })).rejects.toMatchObject({
      code: 'channel-failed',
      hint: expect.stringContaining(`127.0.0.1) on the ports ${port}-${port}`),
    });
  });
  test('the same on every address; an address of another host is a named failure', async () => {
    const server = await open({ addresses: ['127.0.0.1', '127.0.0.2'] });
    for (const host of ['127.0.0.1', '127.0.0.2']) {
      const agent = dial(server.port, KEY, 'launch-1', { host });
      await once(agent, 'secureConnect');
    }
    await expect(open({ addresses: ['192.0.2.1'] })).rejects.toMatchObject({ code: 'channel-failed' });
  });
  test('no address at all is a named failure, not a port that nobody listens on', async () => {
    await expect(open({ addresses: [] })).rejects.toMatchObject({ code: 'channel-failed' });
  });
});

test('idle streams are bounded, and one that ended is not handed out', async () => {
  const server = await open();
  const first = dial(server.port);
  await once(first, 'secureConnect');
  first.resume().end();
  await once(first, 'close');
  const agents = Array.from({ length: 70 }, () => dial(server.port).resume());
  let closed = 0;
  for (const agent of agents) agent.on('close', () => closed++);
  while (closed < 6) await new Promise((resolve) => setImmediate(resolve));
  const stream = ours(await server.take('shell'));
  expect(stream.destroyed).toBe(false);
});
