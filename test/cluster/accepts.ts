import { connect, type NetConnectOpts } from 'node:net';

/** True when something accepts a connection there. */
export function accepts(where: NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(where);
    // not end(): some wait for what is said, or say something first
    socket.once('connect', () => socket.destroy());
    // 'close' follows, and says so; without a listener it would be thrown
    socket.once('error', () => undefined);
    socket.once('close', (failed) => resolve(!failed));
  });
}
