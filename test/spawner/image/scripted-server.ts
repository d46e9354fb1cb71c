import http from 'node:http';
import type { AddressInfo } from 'node:net';

export type Script = (request: http.IncomingMessage, answer: http.ServerResponse) => void;

/** An http server on loopback that answers as a test says; `seen` holds `METHOD path` of each request. */
export interface ScriptedServer {
  readonly url: string;
  readonly seen: readonly string[];
  close(): Promise<void>;
}

export async function scriptedServer(script: Script): Promise<ScriptedServer> {
  const seen: string[] = [];
  const server = http.createServer((request, answer) => {
    seen.push(`${request.method} ${request.url}`);
    script(request, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, seen, close };
}

export function reply(
  answer: http.ServerResponse,
  status: number,
  headers: http.OutgoingHttpHeaders = {},
  body: string | Buffer = '',
): void {
  answer.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body);
}
