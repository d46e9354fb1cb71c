import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { CHANNELS, type Channel } from '@berth/schema';
import { relay, relayEagerly } from './relay.ts';
import { tlsClientOptions } from './stream-tls.ts';

/** Streams that are dialled ahead: one client needs five, and a kernel's manager a control connection of its own. */
const AHEAD = 6;
/** So many are kept ready after that, for further clients; each costs both sides 2 ms, at first while the kernel starts. */
const SPARE = 2;
const DIAL_TIMEOUT_MS = 10_000;
/** An idle stream that was cut, or could not be dialled now, is dialled again after so long. */
const AGAIN_MS = 500;
/** Time that streams in use have at the end to bring what the kernel said last. */
const LAST_WORDS_MS = 300;

export interface StreamDialer {
  /** Resolves when the first stream stands; rejects when no address of the launcher can be reached. */
  readonly connected: Promise<void>;
  /** Resolves when the kernel's last words are through, or some 300 ms are over. May be called twice. */
  close(): Promise<void>;
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
  const idle = new Set<TLSSocket>();
  const used = new Set<TLSSocket>();
  let closed = false;
  let address: string | undefined;

  const dialOne = async (host: string): Promise<TLSSocket> => {
    const raw = createConnection({
      host,
      port: launcher.port,
      noDelay: true,
      // firewalls forget connections on which nothing is said, and a notebook may lie idle for a night
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    });
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
  const dialAgain = (): void => {
    if (!closed) dial().catch(dialLater);
  };
  const dialLater = (): void => void setTimeout(dialAgain, AGAIN_MS).unref();
  const attend = (stream: TLSSocket): void => {
    idle.add(stream);
    const lost = (): void => {
      idle.delete(stream);
      dialLater();
    };
    stream.once('close', lost).once('data', (first: Buffer) => {
      stream.pause().off('close', lost);
      idle.delete(stream);
      if (first.length > 1) stream.unshift(first.subarray(1));
      if (idle.size < SPARE) dialAgain();
      join(CHANNELS[first[0] ?? -1], stream).catch(() => stream.destroy());
    });
  };
  const join = async (channel: Channel | undefined, stream: TLSSocket): Promise<void> => {
    if (channel === undefined) throw new Error('no such channel');
    used.add(stream);
    stream.once('close', () => used.delete(stream));
    const socket = await kernelSocket(channel);
    if (stream.destroyed) socket.destroy();
    else if (channel === 'iopub') relayEagerly(socket, stream);
    else relay(socket, stream);
  };
  const connected = dial().then(() => {
    for (let more = 1; more < AHEAD; more++) dialAgain();
  });
  return {
    connected,
    close: async () => {
      closed = true;
      for (const stream of idle) stream.destroy();
      const through = [...used].map((stream) => new Promise((resolve) => stream.once('close', resolve)));
      await Promise.race([Promise.all(through), sleep(LAST_WORDS_MS)]);
      for (const stream of used) stream.destroy();
    },
  };
}
