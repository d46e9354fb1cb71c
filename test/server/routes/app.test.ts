/** Every route of the table over a Unix socket. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Failure, FAILURES, Resources } from '@berth/schema';
import { Problem, ROUTES, type Route, type RouteName } from '@berth/schema/rest';
import { JOB, KERNEL, LAUNCH, runningApp, sampleServices, type RunningApp } from './running-app.ts';

let app: RunningApp;
beforeAll(async () => {
  app = await runningApp();
});
afterAll(() => app.close());

const PARAMS: Readonly<Record<string, string>> = { name: KERNEL, id: LAUNCH, jobId: JOB, index: '0' };
const QUERY: Partial<Record<RouteName, string>> = { wish: `?path=a.ipynb&kernel=${KERNEL}` };
const BODY: Partial<Record<RouteName, unknown>> = {
  setWish: { path: 'a.ipynb', kernel: KERNEL, resources: Resources.parse({}) },
  answerLaunch: { start: false },
  submitJob: { path: 'a.ipynb' },
};
const pathOf = (name: RouteName): string =>
  ROUTES[name].path.replace(/:(\w+)/g, (_, param: string) => PARAMS[param] ?? '') + (QUERY[name] ?? '');
const json = { 'content-type': 'application/json' };
const all = (Object.entries(ROUTES) as [RouteName, Route][]).filter(([name]) => name !== 'events');

test.each(all)('%s answers as the table says', async (name, route) => {
  const body = BODY[name] === undefined ? {} : { headers: json, body: JSON.stringify(BODY[name]) };
  const answer = await app.ask(route.method.toUpperCase(), pathOf(name), body);
  expect(answer.status).toBe(route.status);
  expect(answer.headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'cache-control': name === 'kernels' ? 'private, no-cache' : 'no-store',
  });
  expect(answer.headers.etag !== undefined).toBe(name === 'kernels');
  // it would bind the whole host of the Jupyter server to https
  expect(answer.headers['strict-transport-security']).toBeUndefined();
  if (route.answer) expect(route.answer.safeParse(JSON.parse(answer.text)).success).toBe(true);
  else if (name === 'openapi') expect(JSON.parse(answer.text)).toMatchObject({ openapi: '3.1.0' });
  else if (name === 'metrics') expect(answer.text).toMatch(/^berth_launches\{state="queued"\} 1$/m);
  else expect(answer.text).toBe('');
});

test('GETs change nothing, and every other route changed one thing', async () => {
  const fresh = await runningApp();
  try {
    for (const [name, route] of all.filter(([, { method }]) => method === 'get')) {
      await fresh.ask('GET', pathOf(name));
      await fresh.ask('HEAD', pathOf(name));
      expect(route.body).toBeUndefined();
    }
    expect(fresh.done).toEqual([]);
  } finally {
    await fresh.close();
  }
  expect(app.done).toHaveLength(all.filter(([, { method }]) => method !== 'get').length);
});

const withParams = all.filter(([, { params }]) => params !== undefined);
test.each(withParams)('%s: a parameter that is none is 400, also one that climbs', async (name, route) => {
  for (const bad of ['..%2f..%2fetc%2fpasswd', '%2e%2e', 'UPPER', 'a%00b', 'x'.repeat(300), '%0d%0aX:1']) {
    const path = ROUTES[name].path.replace(/:\w+/, bad);
    const answer = await app.ask(route.method.toUpperCase(), path, {
      headers: json,
      ...(BODY[name] === undefined ? {} : { body: JSON.stringify(BODY[name]) }),
    });
    expect([bad, answer.status]).toEqual([bad, 400]);
    expect(Problem.parse(JSON.parse(answer.text)).detail).not.toContain('passwd');
  }
});

test.each(['/nowhere', '/v1', '/v1/kernels/', '/V1/kernels', '/v1/kernels/a/b/c', '/', '//v1/kernels'])(
  '%s is 404',
  async (path) => {
    const { status, text, headers } = await app.ask('GET', path);
    expect([status, Problem.parse(JSON.parse(text)).title]).toEqual([404, 'route-unknown']);
    expect(headers['content-type']).toMatch(/json/);
  },
);

test.each(['POST', 'PATCH', 'OPTIONS', 'TRACE'])(
  '%s to an address without it is 405, and says what is',
  async (method) => {
    const { status, headers, text } = await app.ask(method, '/v1/kernels');
    expect([status, headers['allow']]).toEqual([405, 'GET, HEAD']);
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(Problem.parse(JSON.parse(text)).title).toBe('method-refused');
  },
);

test('a page is sent once: with its tag 304, and another tag when it has changed', async () => {
  let revision = 'r1';
  const services = sampleServices();
  const pages = new Map<string, { kernels: []; total: 0; revision: string }>();
  const page = async () => {
    const known = pages.get(revision) ?? { kernels: [], total: 0, revision };
    pages.set(revision, known);
    return known;
  };
  const own = await runningApp({ services: { ...services, kernels: { ...services.kernels, page } } });
  try {
    const first = await own.ask('GET', '/v1/kernels');
    const tag = first.headers.etag ?? '';
    const again = await own.ask('GET', '/v1/kernels', { headers: { 'if-none-match': tag } });
    expect([again.status, again.text, again.headers.etag]).toEqual([304, '', tag]);
    revision = 'r2';
    const changed = await own.ask('GET', '/v1/kernels', { headers: { 'if-none-match': tag } });
    expect([changed.status, changed.headers.etag === tag]).toEqual([200, false]);
  } finally {
    await own.close();
  }
});

test('a service that fails: its own problem; a fault of ours: no word of it, but a line in the log', async () => {
  const services = sampleServices();
  const own = await runningApp({
    services: {
      ...services,
      profiles: async () => {
        throw new Failure('config-missing', { file: '/x', example: 'x' });
      },
      allocations: {
        ...services.allocations,
        list: async () => {
          throw new TypeError('x is undefined');
        },
      },
    },
  });
  try {
    const missing = await own.ask('GET', '/v1/profiles');
    expect(missing.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(Problem.parse(JSON.parse(missing.text))).toMatchObject({ title: 'config-missing', status: 500 });
    const fault = await own.ask('GET', '/v1/allocations');
    expect([fault.status, JSON.parse(fault.text)]).toMatchObject([500, { title: 'fault' }]);
    expect(fault.text).not.toContain('undefined');
    expect(own.logged()).toContain('x is undefined');
    expect(FAILURES.fault.status).toBe(500);
  } finally {
    await own.close();
  }
});
