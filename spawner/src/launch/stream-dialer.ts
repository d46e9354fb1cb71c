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
/** For a connection and its TLS. */
const DIAL_TIMEOUT_MS = 3000;
/** A host of several networks answers at one of its addresses: the next is tried beside one that is silent for so long. */
const STAGGER_MS = 250;
/** An idle stream that was cut, or could not be dialled now, is dialled again after so long. */
const AGAIN_MS = 500;
/** So often is it looked at whether they are silent. */
const LOOKS = 3;

/** What is waited for, in ms. */
const TIMES = {
  /** For the launcher to be reached: a switch that restarts, or a busy host, is no end for a kernel that runs. */
  patience: 60_000,
  /** At the end the streams in use bring what the kernel said last, and are given up when nothing of it moved for so long, */
  silent: 300,
  /** or after so long in all: the launcher waits for srun little longer. */
  lastWords: 1200,
};

export interface StreamDialer {
  /** Resolves when the first stream stands; rejects when no address of the launcher could be reached for a minute. */
  readonly connected: Promise<void>;
  /** Resolves when the kernel's last words are through, or nobody hears them: after 1.2 s at the latest. May be called twice. */
  close(): Promise<void>;
}

/**
 * The agent's end: keeps idle streams to the launcher; when one hears its channel, it is joined to a new connection to
 * the kernel's socket and another is dialled in its place.
 * @param kernelSocket opens a connection to the kernel's ipc socket, waiting until it is there
 * @param times other ones than those that a node needs
 */
export function dialStreams(
  launcher: { readonly addresses: readonly string[]; readonly port: number },
  key: Buffer,
  identity: string,
  kernelSocket: (channel: Channel) => Promise<Socket>,
  times: Partial<typeof TIMES> = {},
): StreamDialer {
  const { patience, silent, lastWords } = { ...TIMES, ...times };
  const idle = new Set<TLSSocket>();
  const used = new Set<TLSSocket>();
  let closed = false;
  let address: string | undefined;

  const dialOne = async (host: string, over: AbortSignal): Promise<TLSSocket> => {
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
      const givenUp = (): void => fail(new Error('another was faster'));
      over.addEventListener('abort', givenUp);
      raw.once('error', fail);
      stream.once('error', fail).once('secureConnect', () => {
        clearTimeout(timer);
        over.removeEventListener('abort', givenUp);
        stream.off('error', fail).on('error', () => stream.destroy());
        resolve(stream);
      });
    });
  };
  /** The first of them that answers; the others are given up. */
  const dialAny = async (hosts: readonly string[]): Promise<{ host: string; stream: TLSSocket }> => {
    const over = new AbortController();
    const attempts = hosts.map(async (host, at) => {
      if (at > 0) await sleep(at * STAGGER_MS, undefined, { signal: over.signal });
      const stream = await dialOne(host, over.signal);
      if (over.signal.aborted) stream.destroy();
      else over.abort();
      return { host, stream };
    });
    return Promise.any(attempts).catch((error: AggregateError) => {
      throw error.errors.at(-1) ?? new Error('the launcher gave no address');
    });
  };
  const dial = async (): Promise<void> => {
    const { host, stream } = await dialAny(address === undefined ? launcher.addresses : [address]);
    address ??= host;
    if (closed) stream.destroy();
    else attend(stream);
  };
  const dialFirst = async (): Promise<void> => {
    const until = performance.now() + patience;
    for (;;) {
      try {
        return await dial();
      } catch (error) {
        const again = launcher.addresses.length > 0 && performance.now() + AGAIN_MS < until;
        if (again) await sleep(AGAIN_MS, undefined, { ref: false });
        if (!again || closed) throw error;
      }
    }
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
  const connected = dialFirst().then(() => {
    for (let more = 1; more < AHEAD; more++) dialAgain();
  });
  return {
    connected,
    close: async () => {
      closed = true;
      for (const stream of idle) stream.destroy();
      const through = [...used].map((stream) => new Promise((resolve) => stream.once('close', resolve)));
      let sent = bytesSent(used);
      // looked at several times: a process that had no time to send anything was not silent for all of it
      const looks = (LOOKS * lastWords) / silent;
      for (let look = 0, still = 0; look < looks && still < LOOKS && used.size > 0; look += 1) {
        await Promise.race([Promise.all(through), sleep(silent / LOOKS)]);
        const before = sent;
        sent = bytesSent(used);
        still = sent === before ? still + 1 : 0;
      }
      for (const stream of used) stream.destroy();
    },
  };
}

/** What has left this process; `bytesWritten` counts what waits in it too. */
function bytesSent(streams: Iterable<TLSSocket>): number {
  let sum = 0;
  for (const { bytesWritten, writableLength } of streams) sum += bytesWritten - writableLength;
  return sum;
}
