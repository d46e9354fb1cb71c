import { Failure, type FailureCode } from '@berth/schema';
import { createServer, STATUS_CODES, type RequestListener, type Server } from 'node:http';

/** Milliseconds (T33). Whoever sends headers or a body slower than this is not a browser behind a Jupyter server. */
const HEADERS_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 30_000;
const LOOKS = 2_000;
const KEEP_ALIVE = 65_000;

/** Connections at once; more are closed, so that descriptors remain for the work (F20). */
const MOST_CONNECTIONS = 2_000;
const HEADER_BYTES = 16 * 1024;

/** An HTTP server that outlives who sends slowly, much or garbage. */
export function hardenedServer(listener: RequestListener): Server {
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      connectionsCheckingInterval: LOOKS,
      keepAliveTimeout: KEEP_ALIVE,
      maxHeaderSize: HEADER_BYTES,
    },
    listener,
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else socket.end(brokenRequest(error.code));
  });
  return server;
}

/** What Node's parser refuses never becomes a request: the answer is written by hand. */
function brokenRequest(code: string | undefined): string {
  const [status, why] = WORDS[code ?? ''] ?? [400, 'it is not HTTP'];
  const problem = { ...new Failure('request-invalid' satisfies FailureCode, { why }).toProblem(), status };
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

/** Source: Node.js documentation, http, event `clientError`. */
const WORDS: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'its headers are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'it came too slowly'],
};
