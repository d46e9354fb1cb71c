import type { IncomingMessage } from 'node:http';
import { isFailure } from '@berth/schema';
import type { HttpClient } from './http-client.ts';

/**
 * The body of an answer without its first `skip` bytes (a server that does not know ranges).
 * @throws Failure `source-unreachable` when the connection broke, `cancelled`: never the bare error of a socket
 */
export async function* bodyOf(
  http: HttpClient,
  answer: IncomingMessage,
  signal: AbortSignal | undefined,
  skip = 0,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = skip;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      if (chunk.length > left) yield left > 0 ? chunk.subarray(left) : chunk;
      left = Math.max(0, left - chunk.length);
    }
  } catch (error) {
    throw isFailure(error) ? error : http.unreachable(error, signal);
  }
}
