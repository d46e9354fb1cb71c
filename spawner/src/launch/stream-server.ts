import { randomInt } from 'node:crypto';
import type { Server } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { CHANNELS, Failure, type Channel } from '@berth/schema';
import { tlsServerOptions } from './stream-tls.ts';

export interface StreamServer {
  readonly port: number;
  /** The next idle stream from the agent, told its channel. */
  take(channel: Channel): Promise<TLSSocket>;
  close(): void;
}

const MAX_IDLE = 64;
/** Who holds connections open without a key takes no more file descriptors than these, for at most 10 s each. */
const MAX_CONNECTIONS = 512;

/**
 * The launcher's end of the streams: the agent dials several ahead, each waits until a client needs it and then hears
 * in its first byte which channel it serves.
 * @throws Failure `channel-failed` when no port of the range is free
 */
export async function openStreamServer(
  key: Buffer,
  identity: string,
  listen: {
    readonly addresses: readonly string[];
    readonly portRange?: readonly [number, number] | undefined;
  },
): Promise<StreamServer> {
  const idle: TLSSocket[] = [];
  const wanted: ((stream: TLSSocket) => void)[] = [];
  const accept = (stream: TLSSocket): void => {
    stream.setNoDelay(true).setKeepAlive(true, 60_000);
    stream.on('error', () => stream.destroy());
    const waiting = wanted.shift();
    if (waiting) return waiting(stream);
    if (idle.length >= MAX_IDLE) return void stream.destroy();
    idle.push(stream);
    stream.once('close', () => {
      const at = idle.indexOf(stream);
      if (at >= 0) idle.splice(at, 1);
    });
  };
  const make = (): Server =>
    createServer(tlsServerOptions(key, identity), accept).on('tlsClientError', () => undefined);
  const { port, servers } = await bindAll(make, listen.addresses, listen.portRange);
  return {
    port,
    take: async (channel) => {
      const stream = idle.shift() ?? (await new Promise<TLSSocket>((resolve) => wanted.push(resolve)));
      stream.write(Buffer.of(CHANNELS.indexOf(channel)));
      return stream;
    },
    close: () => {
      for (const server of servers) server.close();
      for (const stream of idle.splice(0)) stream.destroy();
    },
  };
}

/** The same port on every address; within a range random first, then each in turn. */
async function bindAll(
  make: () => Server,
  addresses: readonly string[],
  range: readonly [number, number] | undefined,
): Promise<{ port: number; servers: Server[] }> {
  if (addresses.length === 0)
    throw channelFailure(addresses, range, new Error('this host has no address to dial'));
  const size = range ? range[1] - range[0] + 1 : 20;
  const offset = range ? randomInt(size) : 0;
  for (let attempt = 0; attempt < size; attempt++) {
    let port = range ? range[0] + ((offset + attempt) % size) : 0;
    const servers: Server[] = [];
    try {
      for (const address of addresses) {
        const server = make();
        await new Promise<void>((resolve, reject) => {
          server.once('error', reject).listen(port, address, resolve);
        });
        // out of file descriptors, say: the next connection may find some again
        server.on('error', () => undefined).maxConnections = MAX_CONNECTIONS;
        servers.push(server);
        const bound = server.address();
        if (bound !== null && typeof bound === 'object') port = bound.port;
      }
      return { port, servers };
    } catch (error) {
      for (const server of servers) server.close();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE')
        throw channelFailure(addresses, range, error);
    }
  }
  throw channelFailure(addresses, range, new Error('every port is taken'));
}

function channelFailure(
  addresses: readonly string[],
  range: readonly [number, number] | undefined,
  cause: unknown,
): Failure {
  const why = cause instanceof Error ? cause.message : String(cause);
  const ports = range ? `${range[0]}-${range[1]}` : 'any';
  return new Failure('channel-failed', { why, addresses: addresses.join(', '), ports }, { cause });
}
