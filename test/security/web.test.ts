/** T27–T32 for the way through Jupyter: who is not the person, or not on a page of this Jupyter, reaches no route at all. */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { runAs } from '../cluster/as-user.ts';
import { berthInJupyter, type BerthInJupyter } from '../jupyter/berth-in-jupyter.ts';
import { labUp } from '../jupyter/lab-server.ts';
import { venvProgram } from '../jupyter/venv.ts';
import { ask, logIn, type Ask } from './web-request.ts';
import { TARGETS, type Target } from './web-routes.ts';

let berth: BerthInJupyter;
let browser: { cookie: string; xsrf: string };
let bobsToken: string;
let before = 0;

beforeAll(async () => {
  berth = await berthInJupyter();
  browser = await logIn(berth.lab.openUrl);
  const bobs = await labUp({ user: { user: berth.users.bob, env: {} }, python: venvProgram('python3') });
  bobsToken = bobs.token;
  await bobs.down();
}, 90_000);
afterAll(() => berth?.down(), 30_000);
beforeEach(async () => {
  before = (await berth.seen()).length;
});

const host = (): string => new URL(berth.url).host;
/** What a page of JupyterLab sends. */
const own = (): Record<string, string> => ({
  cookie: browser.cookie,
  'x-xsrftoken': browser.xsrf,
  origin: `http://${host()}`,
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'empty',
});
const without = (headers: Record<string, string>, ...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

interface Attack {
  readonly name: string;
  readonly headers: () => Record<string, string>;
  /** only for routes that change something: a page of ours may read with its cookie alone */
  readonly changing?: boolean;
  readonly status?: number;
}
const token = (word: string): Record<string, string> => ({ authorization: `token ${word}` });
const origin = (text: () => string) => () => ({ ...own(), origin: text() });
const fetched = (headers: Record<string, string>) => () => ({
  ...without(own(), 'origin', 'x-xsrftoken'),
  ...headers,
});

const ATTACKS: readonly Attack[] = [
  { name: 'nobody', headers: () => ({}) },
  { name: 'nobody, with the XSRF pair', headers: () => ({ cookie: '_xsrf=1', 'x-xsrftoken': '1' }) },
  { name: 'a wrong token', headers: () => token('0'.repeat(48)) },
  { name: "bob's own token", headers: () => token(bobsToken) },
  { name: 'a forged login cookie', headers: () => ({ ...own(), cookie: 'username-127-0-0-1=alice' }) },
  { name: 'no XSRF token', headers: () => without(own(), 'x-xsrftoken'), changing: true },
  { name: 'a wrong XSRF token', headers: () => ({ ...own(), 'x-xsrftoken': '2|0|0|0' }), changing: true },
  {
    name: 'a form of another page',
    headers: () => ({
      ...without(own(), 'x-xsrftoken', 'origin'),
      'content-type': 'text/plain',
      'sec-fetch-mode': 'navigate',
    }),
    changing: true,
  },
  { name: 'Origin with an evil suffix', headers: origin(() => `http://${host()}.evil.example`) },
  { name: 'Origin that has ours as its user', headers: origin(() => `http://${host()}@evil.example`) },
  { name: 'Origin null', headers: origin(() => 'null') },
  { name: 'Origin in upper case', headers: origin(() => `HTTP://${host()}`) },
  { name: 'Origin with another port', headers: origin(() => `http://${host().split(':')[0] ?? ''}:1`) },
  { name: 'Origin without the port', headers: origin(() => `http://${host().split(':')[0] ?? ''}`) },
  { name: 'Origin of another scheme', headers: origin(() => `ftp://${host()}`) },
  {
    name: 'Origin foreign, with the right token',
    headers: () => ({ ...token(berth.lab.token), origin: 'http://evil.example' }),
  },
  {
    name: 'Sec-WebSocket-Origin foreign',
    headers: () => ({ ...own(), 'sec-websocket-origin': 'http://evil.example' }),
  },
  {
    name: 'an image of another site',
    headers: fetched({
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'no-cors',
      'sec-fetch-dest': 'image',
    }),
  },
  { name: 'a page of a sister site', headers: fetched({ 'sec-fetch-site': 'same-site' }) },
  { name: 'an iframe', headers: fetched({ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }) },
  { name: 'a script', headers: fetched({ 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }) },
  {
    name: 'a name of our address that the attacker gave it (DNS rebinding)',
    headers: () => ({ ...own(), host: 'evil.example', origin: 'http://evil.example' }),
  },
  { name: 'WebSocket without login', headers: () => UPGRADE },
  { name: "WebSocket with bob's token", headers: () => ({ ...UPGRADE, ...token(bobsToken) }) },
  { name: 'WebSocket with login', headers: () => ({ ...UPGRADE, ...own() }), status: 400 },
];

const attempt = ({ method }: Target, headers: Record<string, string>): Ask => ({
  method,
  headers,
  ...(method === 'PUT' || method === 'POST' ? { body: '{}' } : {}),
});

describe.each(TARGETS.map((target) => [target.name, target] as const))('%s', (_, target) => {
  test('is reached by a page of ours, and by a program with the token', async () => {
    for (const headers of [own(), token(berth.lab.token), without(own(), 'origin')]) {
      expect((await ask(berth.url + target.path, attempt(target, headers))).status).toBe(200);
    }
    expect(await berth.seen()).toHaveLength(before + 3);
  });

  test('is reached by nobody else', async () => {
    const statuses: Record<string, number> = {};
    const expected: Record<string, number> = {};
    for (const { name, headers, changing = false, status = 403 } of ATTACKS) {
      if (changing && !target.changes) continue;
      const answer = await ask(berth.url + target.path, attempt(target, headers()));
      statuses[name] = answer.status;
      expected[name] = status;
      expect(answer.body).not.toContain(browser.xsrf);
    }
    expect(statuses).toEqual(expected);
    expect(await berth.seen()).toHaveLength(before);
  });
});

describe('addresses (T30): nothing but the routes, by component', () => {
  const paths = [
    '',
    '/',
    '/v1',
    '/v1/',
    '/v2/status',
    '/v1/../metrics',
    '/v1/./status',
    '/v1/%2e%2e/metrics',
  ];
  const more = [
    '/v1//status',
    '/v1/a%2fb',
    '/v1/a%5cb',
    '/v1/a\\b',
    '/v1/a%00',
    '/metrics/x',
    '/metricsx',
    '/v1x/a',
  ];
  test.each([...paths, ...more])('%j is not found', async (path) => {
    const answer = await ask(berth.url + path, { headers: token(berth.lab.token) });
    expect([answer.status, answer.headers['content-type']]).toEqual([404, 'application/problem+json']);
    expect(await berth.seen()).toHaveLength(before);
  });

  test.each(['HEAD', 'OPTIONS', 'PATCH', 'TRACE'])('%s is not answered', async (method) => {
    const { status } = await ask(`${berth.url}/v1/status`, { method, headers: token(berth.lab.token) });
    expect(status).toBe(405);
  });

  test('what looks like our address but is not is not ours', async () => {
    const { status } = await ask(`${berth.url}-secret/v1/status`, { headers: token(berth.lab.token) });
    expect(status).toBe(404);
    expect(await berth.seen()).toHaveLength(before);
  });

  test('no port of the machine is reachable through Jupyter because of us', async () => {
    const { port } = new URL(berth.url);
    for (const path of [`proxy/${port}/api`, `proxy/127.0.0.1:${port}/api`, `proxy/absolute/${port}/api`])
      expect((await ask(berth.lab.url + path, { headers: token(berth.lab.token) })).status).toBe(404);
  });
});

describe('what the user server is told', () => {
  test('neither cookie nor token nor the address of the person; the address that the page sees', async () => {
    const url = `${berth.url}/v1/kernels?text=a&token=${berth.lab.token}&_xsrf=${browser.xsrf}`;
    const headers = { ...own(), ...token(berth.lab.token), 'x-forwarded-for': '192.0.2.7', referer: url };
    expect((await ask(url, { headers })).status).toBe(200);
    const last = (await berth.seen()).at(-1);
    expect(last).toMatchObject({ url: '/v1/kernels?text=a' });
    expect(last?.headers).toEqual({
      host: 'localhost',
      'x-forwarded-prefix': new URL(berth.url).pathname,
    });
  });

  test('and what it would set for the whole origin is not passed on', async () => {
    const { headers } = await ask(`${berth.url}/v1/status`, { headers: token(berth.lab.token) });
    expect(JSON.stringify(headers['set-cookie'] ?? [])).not.toContain('of=node');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('bob on the same machine (T5)', () => {
  const connect = `import socket, sys
s = socket.socket(socket.AF_UNIX)
try:
    s.connect(sys.argv[1])
    s.sendall(b"GET /v1/status HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    print(s.recv(15).decode())
except OSError as error:
    print(type(error).__name__)`;
  const bobs = async (): Promise<string> => {
    const { directory = '' } = (await berth.starts()).at(-1) ?? {};
    const argv = [venvProgram('python3'), '-c', connect, join(directory, 'http.sock')];
    return (await runAs(berth.users.bob, {}, argv)).stdout.trim();
  };
  const open = async (directoryMode: number, socketMode: number): Promise<string> => {
    const { directory = '' } = (await berth.starts()).at(-1) ?? {};
    await chmod(directory, directoryMode);
    await chmod(join(directory, 'http.sock'), socketMode);
    try {
      return await bobs();
    } finally {
      await chmod(directory, 0o700);
      await chmod(join(directory, 'http.sock'), 0o600);
    }
  };
  test('cannot connect to the socket: the directory is closed, and so is the socket by itself', async () => {
    expect(await bobs()).toBe('PermissionError');
    expect(await open(0o700, 0o666)).toBe('PermissionError');
    expect(await open(0o755, 0o600)).toBe('PermissionError');
    expect(await berth.seen()).toHaveLength(before);
  });
  test('with both modes removed he would be answered', async () => {
    expect(await open(0o755, 0o666)).toBe('HTTP/1.1 200 OK');
  });
});
