import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

/** A server that says nothing to "Expect: 100-continue" gets the body after so many milliseconds (RFC 9110, 10.1.1). */
const CONTINUE_AFTER = 3_000;

/**
 * Send the body of a request. A stream is asked for bytes only when the server wants them, and no further than until it
 * answers: a refused upload costs nothing.
 */
export function sendBody(sent: ClientRequest, body: string | Uint8Array | Readable | undefined): void {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    sent.end(body);
    return;
  }
  const waits = sent.getHeader('expect') !== undefined;
  const timer = waits ? setTimeout(() => start(), CONTINUE_AFTER) : undefined;
  const start = (): void => {
    clearTimeout(timer);
    sent.off('continue', start);
    body.pipe(sent);
  };
  const stop = (): void => {
    clearTimeout(timer);
    body.unpipe(sent);
    body.destroy();
  };
  body.on('error', (cause) => sent.destroy(cause));
  sent.on('close', stop);
  sent.on('response', (answer: IncomingMessage) => {
    if (sent.writableEnded) return;
    stop();
    // the rest of the body will never come: this connection is of no further use
    answer.once('close', () => sent.destroy());
  });
  if (!waits) return start();
  sent.once('continue', start);
  sent.flushHeaders();
}
