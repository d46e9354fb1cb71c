/** T27, T33, T34 for the whole way: JupyterLab with our wheel, the real user server, real Slurm; hostile clients on both sides. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FAILURES } from '@berth/schema';
import { until } from '../cluster/until.ts';
import { labPython } from '../jupyter/lab-environment.ts';
import { labUp, type Lab } from '../jupyter/lab-server.ts';
import { siteUp, type Site } from '../live/site.ts';
import { bobOf, type Bob } from './bob.ts';
import { ask, logIn } from './web-request.ts';
import { TARGETS } from './web-routes.ts';

/** Before any of the secrets is made, seconds since 1970. */
const since = Date.now() / 1000 - 1;
let site: Site;
let lab: Lab;
let bob: Bob;
let url: string;
let token: { authorization: string };
beforeAll(async () => {
  site = await siteUp({ nodes: 1, people: ['alice', 'bob'] });
  lab = await labUp({ user: site.person('alice'), python: await labPython() });
  bob = await bobOf(site.cluster);
  url = `${lab.url}berth`;
  token = { authorization: `token ${lab.token}` };
  expect((await lab.fetch('berth/v1/status')).status).toBe(200);
}, 240_000);
afterAll(async () => {
  await lab?.down();
  await site?.down();
}, 60_000);

const get = (path: string) => ask(url + path, { headers: token });
const problem = (body: string): { type: string; detail: string } =>
  JSON.parse(body) as { type: string; detail: string };
/** Milliseconds of one request of a person at work; the slowest but one of a hundred. */
async function slowest(): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 100; i++) {
    const began = performance.now();
    expect((await get('/v1/status')).status).toBe(200);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[98] ?? Infinity;
}

describe('what is not hers looks like what is not there (T27)', () => {
  test("bob's job: the answer of a job that does not exist, and it goes on", async () => {
    const { stdout } = await site.run(['sbatch', '--parsable', '--wrap=sleep 300'], { who: 'bob' });
    const job = stdout.trim();
    try {
      const answers = await Promise.all(
        [job, '999999'].map(async (id) => {
          const { status, body } = await ask(`${url}/v1/allocations/${id}`, {
            method: 'DELETE',
            headers: token,
          });
          return { status, body: body.replaceAll(id, 'ID') };
        }),
      );
      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0]?.status).toBe(404);
      const state = await site.run(['squeue', '-h', '-o', '%T', '-j', job], { who: 'bob' });
      expect(state.stdout.trim()).toMatch(/PENDING|RUNNING|CONFIGURING/);
      expect((await get('/v1/allocations')).body).not.toContain(`"${job}"`);
    } finally {
      await site.run(['scancel', job], { who: 'bob' });
    }
  });

  test.each(TARGETS.filter(({ path }) => /0123/.test(path)).map((target) => [target.name, target] as const))(
    '%s of something absent tells nothing more',
    async (name, { method, path }) => {
      const headers = { ...token, 'content-type': 'application/json' };
      const body = method === 'POST' ? JSON.stringify({ go: false }) : undefined;
      const answer = await ask(url + path, { method, headers, ...(body === undefined ? {} : { body }) });
      // what is removed already is removed
      if (name === 'removeJob') return expect([answer.status, answer.body]).toEqual([204, '']);
      expect([400, 404]).toContain(answer.status);
      expect(Object.keys(FAILURES)).toContain(problem(answer.body).type.replace('urn:berth:failure:', ''));
    },
  );
});

describe('too much of everything (T33)', () => {
  test.each(['with its length told', 'in chunks'])(
    '1 GB of body, %s: refused after little, and Jupyter grows by little',
    async (how) => {
      const rss = async (): Promise<number> =>
        Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${lab.pid}/status`, 'utf8'))?.[1]) / 1024;
      const before = await rss();
      const logged = lab.log.length;
      const { port, pathname } = new URL(url);
      const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
      const head = `PUT ${pathname}/v1/wishes HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${token.authorization}\r\n`;
      const chunked = how === 'in chunks';
      socket.write(`${head}${chunked ? 'Transfer-Encoding: chunked' : 'Content-Length: 1000000000'}\r\n\r\n`);
      let answer = '';
      socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
      const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
      const piece = Buffer.alloc(65536, '0');
      let sent = 0;
      const pump = (): void => {
        while (sent < 1e9 && !socket.destroyed) {
          sent += piece.length;
          if (chunked) socket.write('10000\r\n');
          const more = socket.write(piece);
          if (chunked) socket.write('\r\n');
          if (!more) {
            socket.once('drain', pump);
            return;
          }
        }
      };
      // what a client does that waits for no answer; the first of it goes out after the headers were looked at
      socket.once('connect', () => setImmediate(pump));
      await closed;
      expect(sent).toBeLessThan(64e6);
      // whoever sends on without looking may find the connection gone before the answer is read
      if (answer !== '') expect(answer).toMatch(/^HTTP\/1.1 413 /);
      const told = (): boolean => lab.log.slice(logged).includes('berth/v1/wishes: body-too-long');
      expect(await until(told, 2000)).toBe(true);
      expect((await rss()) - before).toBeLessThan(64);
      // one that waits for the word to go on is told
      const { status, body } = await ask(`${url}/v1/wishes`, {
        method: 'PUT',
        headers: { ...token, 'content-length': '1000000000', expect: '100-continue' },
      });
      expect([status, problem(body).type]).toEqual([413, 'urn:berth:failure:body-too-long']);
    },
  );

  test('100,000 headers, long addresses, nested queries: refused at once, or without effect', async () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`x-${i}`, 'y'] as const));
    expect([0, 400, 431]).toContain(
      (await ask(`${url}/v1/status`, { headers: { ...token, ...many } })).status,
    );
    const nested = `search${'[a]'.repeat(5000)}=1`;
    for (const query of [
      nested,
      '__proto__[x]=1',
      'constructor=1',
      'limit=5&limit=6',
      `search=${'a'.repeat(30_000)}`,
    ]) {
      const began = performance.now();
      const { status } = await get(`/v1/kernels?${query}`);
      expect([0, 400, 414, 431]).toContain(status);
      expect(performance.now() - began).toBeLessThan(1000);
    }
    const began = performance.now();
    for (const path of [
      `/v1${'/a'.repeat(15_000)}!`,
      `/v1/${'%2e'.repeat(9000)}`,
      `/v1/kernels/${'a'.repeat(30_000)}`,
    ])
      expect([0, 400, 404, 414, 431]).toContain((await get(path)).status);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test('200 that never finish their headers and 200 that never finish their body: people are served as before', async () => {
    const before = await slowest();
    const { port, pathname } = new URL(url);
    const slow: Socket[] = [];
    try {
      for (let i = 0; i < 400; i++) {
        const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
        const head = `PUT ${pathname}/v1/wishes HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${token.authorization}\r\n`;
        socket.write(i % 2 ? head : `${head}Content-Length: 1000\r\n\r\n{`);
        slow.push(socket);
      }
      const drip = setInterval(() => slow.forEach((socket) => socket.write('x')), 500);
      try {
        // a machine that does nothing else answers in a few milliseconds; a busy one not, but at times
        const rounds = [await slowest(), await slowest(), await slowest()];
        expect(Math.min(...rounds)).toBeLessThan(Math.max(2 * before, 100));
      } finally {
        clearInterval(drip);
      }
    } finally {
      slow.forEach((socket) => socket.destroy());
    }
  });
});

describe('secrets (T34)', () => {
  const canaries = {
    bearer: randomBytes(24).toString('hex'),
    cookie: randomBytes(24).toString('hex'),
    query: randomBytes(24).toString('hex'),
    referer: randomBytes(24).toString('hex'),
    body: randomBytes(24).toString('hex'),
  };
  test('in header, cookie, address, Referer and body: in no log, no answer, no process that others see', async () => {
    const { cookie, xsrf } = await logIn(lab.openUrl);
    const said: string[] = [];
    for (const { method, path } of TARGETS.filter(({ name }) => name !== 'events')) {
      for (const login of [{}, token, { cookie, 'x-xsrftoken': xsrf }]) {
        const answer = await ask(`${url}${path}?token=${canaries.query}`, {
          method,
          headers: {
            authorization: `token ${canaries.bearer}`,
            referer: `${url}?token=${canaries.referer}`,
            'content-type': 'application/json',
            ...login,
            cookie: `${'cookie' in login ? `${login.cookie}; ` : ''}secret=${canaries.cookie}`,
          },
          ...(method === 'PUT' || method === 'POST'
            ? { body: JSON.stringify({ password: canaries.body }) }
            : {}),
        });
        said.push(answer.body, JSON.stringify(answer.headers));
      }
    }
    const all = { ...canaries, token: lab.token, xsrf };
    for (const [name, canary] of Object.entries(all)) {
      expect([name, lab.log.split('\n').find((line) => line.includes(canary))]).toEqual([name, undefined]);
      // that of the login is told to its own browser, in a cookie
      if (name !== 'xsrf') expect([name, said.join('\n').includes(canary)]).toEqual([name, false]);
    }
    // the log does tell of these requests
    expect(lab.log).toContain('login-needed');
    const { hits, seen } = await bob.search({
      canaries: all,
      roots: [site.cluster.dir, dirname(lab.notebooks)],
      files: [],
      since,
    });
    expect(hits).toEqual([]);
    expect(seen.cmdline).toBeGreaterThan(5);
  });
});
