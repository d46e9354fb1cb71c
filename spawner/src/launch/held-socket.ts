import type { Socket } from 'node:net';

/** A client says a ZeroMQ greeting of some hundred bytes and waits for the answer; nobody honest says more. */
const MAX_HELD = 64 * 1024;

/**
 * Reads what an admitted client says while there is no kernel yet, and gives it back when there is one. Only a socket
 * that is read tells that its other end is gone: libzmq gives up and comes anew every 30 s, and a job may wait for days.
 * @returns gives the bytes back and leaves the socket paused; false when it is gone
 */
export function holdSocket(socket: Socket): () => boolean {
  const early: Buffer[] = [];
  let length = 0;
  const keep = (chunk: Buffer): void => {
    early.push(chunk);
    length += chunk.length;
    if (length > MAX_HELD) socket.pause();
  };
  socket.on('data', keep).resume();
  return () => {
    socket.off('data', keep).pause();
    if (socket.destroyed || socket.readableEnded) return false;
    if (length > 0) socket.unshift(Buffer.concat(early));
    return true;
  };
}
