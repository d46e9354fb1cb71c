/** Each guard on the way through Jupyter is needed: with it the attack fails, without it the same attack succeeds. */
import { connect } from 'node:net';
import { afterEach, beforeAll, afterAll, expect, test } from '@jest/globals';
import { berthInJupyter, type BerthInJupyter, type RemovedPython } from '../jupyter/berth-in-jupyter.ts';
import { ask, logIn, type Answer } from './web-request.ts';

let guarded: BerthInJupyter;
let open: BerthInJupyter | undefined;
beforeAll(async () => {
  guarded = await berthInJupyter();
}, 60_000);
afterAll(() => guarded?.down(), 30_000);
afterEach(() => open?.down(), 30_000);

const without = (from: string, to: string): RemovedPython => ({ file: 'handler.py', from, to });
/** A method of the handler that does nothing. */
const skipped = (name: string): RemovedPython =>
  without(`    def ${name}(self) -> None:\n`, `    def ${name}(self) -> None:\n        return\n`);

const token = ({ lab }: BerthInJupyter) => ({ authorization: `token ${lab.token}` });
type Attack = (berth: BerthInJupyter) => Promise<Answer>;

const cases: readonly (readonly [guard: string, removed: RemovedPython, status: number, attack: Attack])[] = [
  ['login', skipped('check_login'), 403, ({ url }) => ask(`${url}/v1/kernels`)],
  [
    'XSRF',
    skipped('check_xsrf_cookie'),
    403,
    async ({ url, lab }) => {
      const { cookie } = await logIn(lab.openUrl);
      return ask(`${url}/v1/scan`, { method: 'POST', headers: { cookie, 'content-type': 'text/plain' } });
    },
  ],
  [
    'origin',
    skipped('check_own_page'),
    403,
    (berth) =>
      ask(`${berth.url}/v1/kernels`, { headers: { ...token(berth), origin: 'http://evil.example' } }),
  ],
  [
    'address',
    without('if not ROUTE.fullmatch(path) or any', 'if False and any'),
    404,
    (berth) => ask(`${berth.url}/v1/../metrics`, { headers: token(berth) }),
  ],
  [
    'size',
    without('MOST_BODY_BYTES = 64 * 1024', 'MOST_BODY_BYTES = 1024 * 1024 * 1024'),
    413,
    (berth) =>
      ask(`${berth.url}/v1/wishes`, {
        method: 'PUT',
        headers: { ...token(berth), expect: '100-continue' },
        body: '0'.repeat(2 * 1024 * 1024),
      }),
  ],
];

test.each(cases)(
  '%s',
  async (_, removed, status, attack) => {
    const before = (await guarded.seen()).length;
    expect((await attack(guarded)).status).toBe(status);
    expect(await guarded.seen()).toHaveLength(before);
    open = await berthInJupyter({ removed: [removed] });
    expect((await attack(open)).status).toBe(200);
    expect(await open.seen()).toHaveLength(1);
  },
  60_000,
);

test('the choice of headers', async () => {
  await ask(`${guarded.url}/v1/status`, { headers: token(guarded) });
  expect(JSON.stringify(await guarded.seen())).not.toContain(guarded.lab.token);
  open = await berthInJupyter({
    removed: [without('for name in PASSED:', 'for name in self.request.headers:')],
  });
  await ask(`${open.url}/v1/status`, { headers: token(open) });
  expect(JSON.stringify(await open.seen())).toContain(open.lab.token);
}, 60_000);

test('the time for a body: a request that never ends is ended (T33)', async () => {
  open = await berthInJupyter({ removed: [without('BODY_SECONDS = 30.0', 'BODY_SECONDS = 0.5')] });
  const { port, pathname } = new URL(open.url);
  const late = (url: string, ms: number): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8');
      let answer = '';
      const end = (): void => {
        socket.destroy();
        resolve(answer);
      };
      socket
        .on('data', (text: string) => (answer += text))
        .on('close', end)
        .on('error', end);
      setTimeout(end, ms);
      const { authorization } = token(url === guarded.url ? guarded : (open as BerthInJupyter));
      const headers = `Host: 127.0.0.1:${port}\r\nAuthorization: ${authorization}\r\nContent-Length: 10\r\n\r\n{`;
      socket.write(`PUT ${pathname}/v1/wishes HTTP/1.1\r\n${headers}`);
    });
  const [soon, later] = await Promise.all([late(open.url, 10_000), late(guarded.url, 2000)]);
  expect(soon).toMatch(/^HTTP\/1.1 408 .*urn:berth:failure:body-late/s);
  expect(later).toBe('');
  expect(await open.seen()).toEqual([]);
}, 60_000);
