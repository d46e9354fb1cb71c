import { lstat, unlink } from 'node:fs/promises';
import { createServer, isIP, type Server, type Socket } from 'node:net';
import { CHANNELS, Failure, type Channel, type ConnectionFile } from '@berth/schema';
import { clientAddress, type ClientAddress } from './connection-file.ts';
import { holdSocket } from './held-socket.ts';
import type { Endpoint } from './peer-uid.ts';

export interface ClientPorts {
  /** Hands over every admitted connection, paused; those that came earlier too. */
  serve(take: (channel: Channel, socket: Socket) => void): void;
  close(): Promise<void>;
}

export interface AdmitDependencies {
  readonly uid: number;
  readonly peerUid: (peer: Endpoint, own: Endpoint) => Promise<number | undefined>;
  readonly refused: (channel: Channel, why: string) => void;
}

export const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/**
 * Listens where the client will connect, at once and before there is a kernel: libzmq would otherwise wait 100 to 200 ms
 * before it tries again. A TCP connection is admitted only from this host and only if its other end belongs to our own
 * user (T1); nothing is read from it before that. Waiting connections that the client has given up are dropped.
 * @throws Failure `channel-failed` when a port is taken
 */
export async function openClientPorts(
  connection: ConnectionFile,
  cwd: string,
  { uid, peerUid: lookUp, refused }: AdmitDependencies,
): Promise<ClientPorts> {
  const waiting = new Set<{ channel: Channel; socket: Socket; release: () => boolean }>();
  const servers: { server: Server; address: ClientAddress }[] = [];
  let take: ((channel: Channel, socket: Socket) => void) | undefined;

  const admit = async (channel: Channel, socket: Socket): Promise<void> => {
    socket.on('error', () => socket.destroy());
    if (connection.transport === 'tcp') {
      socket.setNoDelay(true);
      const peer = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
      const own = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
      if (!LOOPBACK.test(peer.address)) return refuse(channel, socket, `a connection from ${peer.address}`);
      const owner = await lookUp(peer, own);
      if (owner !== uid) return refuse(channel, socket, `a connection of uid ${owner ?? 'unknown'}`);
    }
    if (socket.destroyed) return;
    if (take) return take(channel, socket);
    const entry = { channel, socket, release: holdSocket(socket) };
    waiting.add(entry);
    socket.once('close', () => waiting.delete(entry));
  };
  const refuse = (channel: Channel, socket: Socket, why: string): void => {
    socket.destroy();
    refused(channel, why);
  };

  try {
    for (const channel of CHANNELS) {
      const address = clientAddress(connection, channel, cwd);
      const server = createServer({ pauseOnConnect: true }, (socket) => {
        admit(channel, socket).catch(() => socket.destroy());
      });
      await listen(server, address);
      servers.push({ server, address });
    }
  } catch (error) {
    await closeAll(servers);
    throw error;
  }

  return {
    serve: (handler) => {
      take = handler;
      // iopub first: a client that executes right after its first reply must not lose the output
      const order: readonly Channel[] = ['iopub', 'shell', 'control', 'stdin', 'hb'];
      for (const channel of order) {
        for (const entry of waiting) {
          if (entry.channel === channel && entry.release()) handler(channel, entry.socket);
        }
      }
      waiting.clear();
    },
    close: async () => {
      for (const { socket } of waiting) socket.destroy();
      await closeAll(servers);
    },
  };
}

async function listen(server: Server, address: ClientAddress): Promise<void> {
  if (address.transport === 'ipc') await unlinkSocket(address.path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const where = address.transport === 'tcp' ? `${address.host}:${address.port}` : address.path;
      const why = `${where} cannot be listened on (${cause.message})`;
      reject(
        new Failure('channel-failed', { why, addresses: where, ports: 'of the connection file' }, { cause }),
      );
    });
    if (address.transport === 'ipc') listenPrivately(server, address.path, resolve);
    else server.listen(address.port, isIP(address.host) ? address.host : '127.0.0.1', resolve);
  });
  // out of file descriptors, say: the next connection may find some again
  server.on('error', () => undefined);
}

/** A mode of 0600 from the beginning, whatever the person's umask is: the socket may lie in a shared directory (T3). */
function listenPrivately(server: Server, path: string, ready: () => void): void {
  const before = process.umask(0o177);
  try {
    server.listen(path, ready);
  } finally {
    process.umask(before);
  }
}

/** A socket that a killed launcher left behind; a file of another kind is not ours to remove. */
async function unlinkSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket()) await unlink(path).catch(() => undefined);
}

async function closeAll(servers: readonly { server: Server; address: ClientAddress }[]): Promise<void> {
  for (const { server, address } of servers) {
    server.close();
    if (address.transport === 'ipc') await unlinkSocket(address.path);
  }
}
