import { createConnection, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { CHANNELS, type Channel } from '@berth/schema';
import { relay, relayEagerly } from './relay.ts';
import { tlsClientOptions } from './stream-tls.ts';

/** Streams that are dialled ahead; one client needs five. */
const AHEAD = 8;
const DIAL_TIMEOUT_MS = 10_000;

export interface StreamDialer {
  /** Resolves when the first stream stands; rejects when no address of the launcher can be reached. */
  readonly connected: Promise<void>;
  close(): void;
}

/**
 * The agent's end: keeps idle streams to the launcher; when one hears its channel, it is joined to a new connection to
 * the kernel's socket and another is dialled in its place.
 * @param kernelSocket opens a connection to the kernel's ipc socket, waiting until it is there
 */
export function dialStreams(
  launcher: { readonly addresses: readonly string[]; readonly port: number },
  key: Buffer,
  identity: string,
  kernelSocket: (channel: Channel) => Promise<Socket>,
): StreamDialer {
  const open = new Set<TLSSocket>();
  let closed = false;
  let address: string | undefined;

  const dialOne = async (host: string): Promise<TLSSocket> => {
    const raw = createConnection({ host, port: launcher.port, noDelay: true });
    const stream = connect({ ...tlsClientOptions(key, identity), socket: raw });
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        clearTimeout(timer);
        stream.destroy();
        raw.destroy();
        reject(error);
      };
      const timer = setTimeout(
        () => fail(new Error(`no answer from ${host}:${launcher.port}`)),
        DIAL_TIMEOUT_MS,
      );
      raw.once('error', fail);
      stream.once('error', fail).once('secureConnect', () => {
        clearTimeout(timer);
        stream.off('error', fail).on('error', () => stream.destroy());
        resolve(stream);
      });
    });
  };
  const dial = async (): Promise<void> => {
    const hosts = address === undefined ? launcher.addresses : [address];
    let failure: unknown = new Error('the launcher gave no address');
    for (const host of hosts) {
      try {
        const stream = await dialOne(host);
        address ??= host;
        if (closed) return void stream.destroy();
        attend(stream);
        return;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
  const attend = (stream: TLSSocket): void => {
    open.add(stream);
    stream.once('close', () => open.delete(stream));
    stream.once('data', (first: Buffer) => {
      stream.pause();
      if (first.length > 1) stream.unshift(first.subarray(1));
      const channel = CHANNELS[first[0] ?? -1];
      if (!closed) dial().catch(() => undefined);
      if (channel === undefined) return void stream.destroy();
      kernelSocket(channel).then(
        (socket) => (channel === 'iopub' ? relayEagerly(socket, stream) : relay(socket, stream)),
        () => stream.destroy(),
      );
    });
  };
  const connected = dial().then(async () => {
    await Promise.all(Array.from({ length: AHEAD - 1 }, dial));
  });
  return {
    connected,
    close: () => {
      closed = true;
      for (const stream of open) stream.destroy();
    },
  };
}
