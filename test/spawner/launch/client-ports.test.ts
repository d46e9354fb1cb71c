import { once } from 'node:events';
import { lstat, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { CHANNELS, type Channel, type ConnectionFile } from '@berth/schema';
import { LOOPBACK, openClientPorts, type ClientPorts } from '../../../spawner/src/launch/client-ports.ts';
import { connectionFile, freePorts, inDirectory } from './launch-fixture.ts';
import { closeSockets, ours, readBytes } from './sockets.ts';
import { until } from './until.ts';

const opened: ClientPorts[] = [];
afterEach(async () => {
  closeSockets();
  for (const ports of opened.splice(0)) await ports.close();
});

const me = process.getuid?.() ?? 0;
async function open(
  connection: ConnectionFile,
  owner: () => Promise<number | undefined> = async () => me,
  cwd = '/',
) {
  const refused: string[] = [];
  const ports = await openClientPorts(connection, cwd, {
    uid: me,
    peerUid: owner,
    refused: (channel, why) => refused.push(`${channel}: ${why}`),
  });
  opened.push(ports);
  return { ports, refused };
}
const dial = (connection: ConnectionFile, channel: Channel): Socket =>
  ours(createConnection({ host: connection.ip, port: connection[`${channel}_port`] })).on(
    'error',
    () => undefined,
  );

describe('who is let in (T1)', () => {
  test('another uid is refused before a byte of it is read or handed on', async () => {
    const connection = await freePorts();
    const { ports, refused } = await open(connection, async () => me + 1);
    const taken: Channel[] = [];
    ports.serve((channel) => taken.push(channel));
    const bob = dial(connection, 'iopub');
    bob.resume().write('hello');
    await once(bob, 'close');
    expect(refused).toEqual([`iopub: a connection of uid ${me + 1}`]);
    expect(taken).toEqual([]);
  });
  test('somebody whom the system does not know is refused as well, and so it is when the look-up fails', async () => {
    for (const lookUp of [async () => undefined, () => Promise.reject(new Error('no /proc'))]) {
      const connection = await freePorts();
      const { ports } = await open(connection, lookUp);
      const taken: Channel[] = [];
      ports.serve((channel) => taken.push(channel));
      await once(dial(connection, 'shell').resume(), 'close');
      expect(taken).toEqual([]);
    }
  });
  test('negative control: the same connection is let in when the look-up says that it is ours', async () => {
    const connection = await freePorts();
    const { ports, refused } = await open(connection);
    const taken = new Promise<[Channel, Socket]>((resolve) =>
      ports.serve((channel, socket) => resolve([channel, ours(socket)])),
    );
    dial(connection, 'iopub').write('hello');
    const [channel, socket] = await taken;
    expect(channel).toBe('iopub');
    expect(String(await readBytes(socket, 5))).toBe('hello');
    expect(refused).toEqual([]);
  });
  test('only this host: loopback of both families, nothing else', () => {
    for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])
      expect(LOOPBACK.test(address)).toBe(true);
    for (const address of ['10.0.0.1', '::2', '::ffff:10.0.0.1', '1127.0.0.1', 'fe80::1', '']) {
      expect(LOOPBACK.test(address)).toBe(false);
    }
  });
});

test('early connections wait unread and are handed over later, iopub before shell; dead ones are not', async () => {
  const connection = await freePorts();
  const { ports } = await open(connection);
  const [shell, iopub] = [dial(connection, 'shell'), dial(connection, 'iopub')];
  const [broken, ended] = [dial(connection, 'hb'), dial(connection, 'iopub')];
  await Promise.all([shell, iopub, broken, ended].map((socket) => once(socket, 'connect')));
  shell.write('early');
  broken.resetAndDestroy();
  // libzmq gives up when its handshake takes too long: a greeting is there, and nobody behind it
  ended.end('greeting');
  await once(ended.resume(), 'close');
  const taken: [Channel, Socket][] = [];
  const again = dial(connection, 'control');
  await once(again, 'connect');
  // a look-up takes a turn of the loop: all that came before a round trip on a later one has been looked up
  await new Promise((resolve) => setTimeout(resolve, 50));
  ports.serve((channel, socket) => taken.push([channel, ours(socket)]));
  await until(() => taken.length === 3);
  expect(taken.map(([channel]) => channel)).toEqual(['iopub', 'shell', 'control']);
  expect(String(await readBytes(taken[1]?.[1] as Socket, 5))).toBe('early');
});

test('a port that is taken is a named failure, and the others are given back', async () => {
  const connection = await freePorts();
  const squatter = ours(createServer().listen(connection.hb_port, connection.ip));
  await once(squatter, 'listening');
  await expect(open(connection)).rejects.toMatchObject({
    code: 'channel-failed',
    message: expect.stringContaining(String(connection.hb_port)),
  });
  squatter.close();
  await once(squatter, 'close');
  await open(connection);
});

describe('ipc', () => {
  const ipc = (ip: string): ConnectionFile =>
    connectionFile({
      transport: 'ipc',
      ip,
      ...Object.fromEntries(CHANNELS.map((channel, at) => [`${channel}_port`, at + 1])),
    });

  test('sockets relative to the current directory, 0600 whatever the umask (T3), gone at the end', () =>
    inDirectory(async (directory) => {
      const before = process.umask(0);
      try {
        const { ports } = await open(ipc('kernel-ipc'), undefined, directory);
        for (const number of [1, 2, 3, 4, 5]) {
          const found = await lstat(`${directory}/kernel-ipc-${number}`);
          expect(found.isSocket() && (found.mode & 0o077) === 0).toBe(true);
        }
        expect(process.umask(0)).toBe(0);
        await ports.close();
        await expect(lstat(`${directory}/kernel-ipc-1`)).rejects.toMatchObject({ code: 'ENOENT' });
      } finally {
        process.umask(before);
      }
    }));
  test('a stale socket is replaced; a file that is none is not ours to remove', () =>
    inDirectory(async (directory) => {
      // a listener in a child that is killed leaves its socket behind
      const { spawn } = await import('node:child_process');
      const script = `require('net').createServer().listen(${JSON.stringify(`${directory}/k-1`)}, () => console.log('up'))`;
      const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'close');
      expect((await lstat(`${directory}/k-1`)).isSocket()).toBe(true);
      const { ports } = await open(ipc(`${directory}/k`));
      await ports.close();
      await writeFile(`${directory}/k-3`, 'a person`s file');
      await expect(open(ipc(`${directory}/k`))).rejects.toMatchObject({ code: 'channel-failed' });
      expect((await lstat(`${directory}/k-3`)).isFile()).toBe(true);
      await expect(lstat(`${directory}/k-1`)).rejects.toMatchObject({ code: 'ENOENT' });
    }));
});
