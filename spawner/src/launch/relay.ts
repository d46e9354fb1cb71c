import type { Socket } from 'node:net';

/** Unread bytes that are held for a slow reader of iopub before the kernel is made to wait. */
const EAGER_BYTES = 64 * 1024 * 1024;

/** Two sockets made one: bytes unchanged, back-pressure passed on, the end of either is the end of both. */
export function relay(a: Socket, b: Socket): void {
  a.pipe(b);
  b.pipe(a);
  tie(a, b);
}

/**
 * The same, but `source` is read eagerly: the kernel's PUB socket drops messages (also the last `idle`, for which the
 * client then waits for ever) as soon as its small queue is full, so what it says is taken at once and kept here.
 */
export function relayEagerly(source: Socket, sink: Socket): void {
  sink.pipe(source);
  source.on('data', (chunk: Buffer) => {
    sink.write(chunk);
    if (sink.writableLength > EAGER_BYTES) source.pause();
  });
  sink.on('drain', () => source.resume());
  source.on('end', () => sink.end());
  source.resume();
  tie(source, sink);
}

function tie(a: Socket, b: Socket): void {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroySoon());
  }
}
