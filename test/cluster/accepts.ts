import { connect, type NetConnectOpts } from 'node:net';

/** True when something accepts a connection there. */
export function accepts(where: NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(where);
    socket.once('connect', () => socket.end());
    // 'close' follows, and says so; without a listener it would be thrown
    socket.once('error', () => undefined);
    socket.once('close', (failed) => resolve(!failed));
  });
}
