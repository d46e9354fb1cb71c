import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const open = new Set<{ destroy(): unknown } | { close(): unknown }>();

/** Ends every socket and server that a test made here. */
export function closeSockets(): void {
  for (const one of open) {
    if ('destroy' in one) one.destroy();
    else one.close();
  }
  open.clear();
}

/** Has it ended with the others. */
export function ours<T extends { destroy(): unknown } | { close(): unknown }>(one: T): T {
  open.add(one);
  return one;
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** A server on a free loopback port, or on the given path. */
export async function listening(take: (socket: Socket) => void, path?: string): Promise<Server> {
  const server = ours(createServer((socket) => take(ours(socket).on('error', () => undefined))));
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  return server;
}

/** Both ends of one connection over loopback; nothing reads yet. */
export async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = ours(createConnection({ port: portOf(server), host: '127.0.0.1' }));
  const [far] = (await once(server, 'connection')) as [Socket];
  server.close();
  for (const socket of [near, ours(far)]) socket.on('error', () => undefined);
  return [near, far];
}

/** All that comes until the other side ends. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(chunks);
}

/** Reads exactly so many bytes and leaves the socket paused. */
export function readBytes(socket: Socket, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let have = 0;
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      have += chunk.length;
      if (have < length) return;
      const got = Buffer.concat(chunks);
      socket.off('data', take).pause();
      socket.off('close', gone);
      if (got.length > length) socket.unshift(got.subarray(length));
      resolve(got.subarray(0, length));
    };
    const gone = (): void => reject(new Error(`closed after ${have} of ${length} bytes`));
    socket.once('close', gone).on('data', take).resume();
  });
}
