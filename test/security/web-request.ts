import { request, type IncomingHttpHeaders } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request, byte for byte as told: fetch() adds and forbids headers. Status 0 when the connection is broken off. */
export function ask(url: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  return new Promise((resolve) => {
    const none = (): void => resolve({ status: 0, headers: {}, body: '' });
    const { hostname, port } = new URL(url);
    // the path as it is written: URL would resolve its dots
    const path = url.slice(url.indexOf('/', 'http://'.length));
    const sent = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let text = '';
      const done = (): void =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        // a stream has no end; that it began is all that is asked
        if (response.headers['content-type'] === 'text/event-stream') {
          done();
          response.destroy();
        }
      });
      response.on('end', done).on('error', done);
    });
    sent.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' });
    });
    sent.on('error', none);
    sent.end(body);
  });
}

/** What a browser holds after its person has logged in by the token: its cookies, and the XSRF token among them. */
export async function logIn(openUrl: string): Promise<{ readonly cookie: string; readonly xsrf: string }> {
  const { headers } = await ask(openUrl);
  const cookie = (headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).join('; ');
  const xsrf = /(?:^|; )_xsrf=([^;]*)/.exec(cookie)?.[1] ?? '';
  if (xsrf === '') throw new Error(`no XSRF cookie: ${cookie}`);
  return { cookie, xsrf };
}
