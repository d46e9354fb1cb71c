/** T27-T29, T39 and T42 for the site service: every route of its table, each guard with and without. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SERVICE_ROUTES, HUB_ROUTES, type Route } from '@berth/schema/rest';
import { until } from '../cluster/until.ts';
import { ORIGIN, type SiteService } from './site-service.ts';
import { ALICE } from '../cluster/users.ts';
import { as, person, twoServices, word, type TwoServices } from './two-services.ts';
import type { RemovedGuard } from './without-guard.ts';

const GUARDS: readonly RemovedGuard[] = [
  {
    file: 'server/src/sessions/sessions.ts',
    from: 'if (session.record.user !== user) throw',
    to: 'if (user === "") throw',
  },
  { file: 'server/src/routes/site-apps.ts', from: 'if (strange || request', to: 'if (false && request' },
  {
    file: 'server/src/sessions/account.ts',
    from: "refuse('it is an account of the system')",
    to: 'void 0',
  },
  { file: 'server/src/sessions/hub-tokens.ts', from: 'TOKEN_LIFE = 15_000', to: 'TOKEN_LIFE = 300_000' },
];

let services: TwoServices;
let guarded: SiteService;
let open: SiteService;
beforeAll(async () => {
  services = await twoServices(GUARDS);
  ({ guarded, open } = services);
}, 120_000);
afterAll(() => services?.close(), 30_000);

describe('who may ask what (T27)', () => {
  let hers: { readonly id: string; readonly nonce: string };
  beforeAll(async () => {
    hers = await guarded.start(ALICE);
  });
  const STRANGERS = [
    '',
    'expired',
    'revoked',
    'no-scope',
    'other-service',
    'x y',
    'server-of-bob',
    'bob',
    'alice',
  ];
  test.each(
    Object.entries<Route>(SERVICE_ROUTES).flatMap(([name, route]) =>
      STRANGERS.map((who) => [name, who, route] as const),
    ),
  )('%s as "%s"', async (name, who, { method, path }) => {
    const { id, nonce } = hers;
    const body = name === 'callback' ? word(nonce) : undefined;
    const headers = as(who, body === undefined ? {} : { 'content-type': 'application/json' });
    const answer = await guarded.web(path.replace(':id', id), {
      method: method.toUpperCase(),
      headers,
      ...(body && { body }),
    });
    const allowed = who === 'alice' && name !== 'callback';
    const own = who === 'bob' && name === 'ownSessions';
    const strange = who === 'bob' && name === 'ownSession' ? 404 : 403;
    expect(answer.status).toBe(allowed || own ? 200 : strange);
    if (own) expect(answer.body).not.toContain(id);
  });

  test("of another person's the answer is that of none, in the same time; without the guard it is told", async () => {
    const { id } = await guarded.start(ALICE);
    const times: [number[], number[]] = [[], []];
    const said = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const began = performance.now();
      const { status, body } = await guarded.web(`/v1/sessions/${i % 2 ? id : 'f'.repeat(16)}`, {
        headers: as('bob'),
      });
      times[i % 2 ? 0 : 1].push(performance.now() - began);
      said.add(`${status} ${body}`);
    }
    expect(said.size).toBe(1);
    // the least: what more is done for the one is done each time, what else the machine does is not
    const [foreign, none] = times.map((all) => Math.min(...all)) as [number, number];
    expect(Math.abs(foreign - none)).toBeLessThan(5);
    const { id: other } = await open.start(ALICE);
    expect((await open.web(`/v1/sessions/${other}`, { headers: as('bob') })).status).toBe(200);
  });

  test("the Hub's own routes are not to be reached over the network", async () => {
    for (const { path } of Object.values<Route>(HUB_ROUTES)) {
      const { status } = await guarded.web(path.replace(':id', 'f'.repeat(16)), {
        method: 'PUT',
        headers: as('alice'),
      });
      expect([404, 405]).toContain(status);
    }
  });
});

describe('pages of others (T28, T29)', () => {
  test.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['JSON that says to be text', { 'content-type': 'text/plain' }],
    [
      'a cookie for a token',
      { 'content-type': 'application/json', cookie: 'jupyterhub-services=alice; token=alice' },
    ],
  ])('%s', async (_, headers) => {
    const { nonce } = await guarded.start(ALICE);
    const { status } = await guarded.web('/v1/callback', { method: 'POST', headers, body: word(nonce) });
    expect(status).toBe(403);
  });
  test.each([
    ['origin', 'https://hub.example.org.evil.com'],
    ['origin', 'null'],
    ['origin', ORIGIN.toUpperCase()],
    ['origin', `${ORIGIN}:8443`],
    ['origin', ORIGIN.replace('https', 'http')],
    ['sec-fetch-mode', 'no-cors'],
    ['sec-fetch-site', 'cross-site'],
    ['sec-fetch-site', 'same-site'],
  ])('%s %s: refused, and not when the guard is gone', async (name, value) => {
    const headers = as('alice', { [name]: value });
    expect((await guarded.web('/v1/sessions', { headers })).status).toBe(403);
    expect((await open.web('/v1/sessions', { headers })).status).toBe(200);
  });
  test('its own origin is none of these', async () => {
    expect((await guarded.web('/v1/sessions', { headers: as('alice', { origin: ORIGIN }) })).status).toBe(
      200,
    );
  });
});

describe('accounts that nothing is done for (T39)', () => {
  test.each([
    'root',
    'daemon',
    'nobody',
    '0',
    '1000',
    '4294967295',
    '-rf',
    '#0',
    'berth-аlice',
    ALICE.toUpperCase(),
    'no-such-person',
    'a\nb',
    '',
  ])('"%s": nobody is asked to become it', async (user) => {
    const before = (await guarded.orders()).length;
    expect([400, 403]).toContain((await guarded.start(user)).status);
    expect((await guarded.orders()).length).toBe(before);
  });

  test.each(['root', 'daemon'])('without that look the helper is asked to become %s', async (user) => {
    expect((await open.start(user)).status).toBe(200);
    expect((await open.orders()).some((order) => order.user === user)).toBe(true);
  });
});

test('a token that the Hub has forgotten is refused within 30 s, and not without the guard (T42)', async () => {
  for (const service of [guarded, open]) {
    service.tokens.set('soon-gone', person(ALICE));
    expect((await service.web('/v1/sessions', { headers: as('soon-gone') })).status).toBe(200);
    service.tokens.delete('soon-gone');
  }
  const refused = async (): Promise<boolean> =>
    (await guarded.web('/v1/sessions', { headers: as('soon-gone') })).status === 403;
  expect(await until(refused, 30_000, 500)).toBe(true);
  expect((await open.web('/v1/sessions', { headers: as('soon-gone') })).status).toBe(200);
}, 60_000);
