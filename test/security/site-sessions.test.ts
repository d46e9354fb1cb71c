/** T36-T38 for the site service: what jobs, people and the Hub may say of a server, each guard with and without. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { until } from '../cluster/until.ts';
import type { SiteService } from './site-service.ts';
import { ALICE, BOB } from '../cluster/users.ts';
import { tell, twoServices, word, type TwoServices } from './two-services.ts';
import type { RemovedGuard } from './without-guard.ts';

const SESSIONS = 'server/src/sessions/sessions.ts';
const BODIES = 'schema/src/rest/site-bodies.ts';
const CHOICES = 'server/src/sessions/choices.ts';
const GUARDS: readonly RemovedGuard[] = [
  { file: SESSIONS, from: 'record.user === user && timingSafeEqual', to: 'user !== "" || timingSafeEqual' },
  { file: SESSIONS, from: '|| !session.starts || session.stopping)', to: ')' },
  { file: SESSIONS, from: 'if (!session.starts || session.stopping) throw', to: 'if (port === 0) throw' },
  { file: SESSIONS, from: 'demandRoom([...this.#sessions.values()], order, limits);', to: '' },
  { file: BODIES, from: 'z.int().check(z.gte(1024), z.lte(65_535))', to: 'z.int()' },
  {
    file: BODIES,
    from: 'export const Callback = z.readonly(\n  z.strictObject({',
    to: 'export const Callback = z.readonly(\n  z.object({',
  },
  { file: CHOICES, from: 'if (!parsed.success) refuse(', to: 'if (!parsed.success) String(' },
  { file: CHOICES, from: "refuse('there is no such profile')", to: 'void 0' },
];

let services: TwoServices;
let guarded: SiteService;
let open: SiteService;
beforeAll(async () => {
  services = await twoServices(GUARDS);
  ({ guarded, open } = services);
}, 120_000);
afterAll(() => services?.close(), 30_000);

describe('the word of a job (T36)', () => {
  test('host from Slurm, port from the job, once', async () => {
    const { id, nonce } = await guarded.start(ALICE);
    const refused = [
      word(nonce, { port: 1023 }),
      word(nonce, { port: 70_000 }),
      word(nonce, { port: '40000' }),
      word(nonce, { host: '198.51.100.7' }),
      word(nonce, { ip: '198.51.100.7', url: 'http://evil.example/' }),
      word('0'.repeat(64)),
      '{}',
      '[]',
    ];
    for (const body of refused)
      expect([400, 403]).toContain((await tell(guarded, 'server-of-alice', body)).status);
    expect((await tell(guarded, 'server-of-bob', word(nonce))).status).toBe(403);
    expect((await tell(guarded, 'alice', word(nonce))).status).toBe(403);
    expect((await tell(guarded, 'server-of-alice', word(nonce))).status).toBe(204);
    const { body } = await guarded.hub('GET', `/v1/sessions/${id}`);
    expect(body).toMatchObject({ state: 'ready', place: { host: '192.0.2.1', port: 40_000 } });
    expect((await tell(guarded, 'server-of-alice', word(nonce, { port: 40_001 }))).status).toBe(403);
    expect((await guarded.hub('GET', `/v1/sessions/${id}`)).body.place?.port).toBe(40_000);
  });

  test("without these guards bob's job moves alice's server, again and again", async () => {
    const { nonce } = await open.start(ALICE);
    for (const port of [40_001, 40_002])
      expect((await tell(open, 'server-of-bob', word(nonce, { port }))).status).toBe(204);
    // nor is looked at which port it is, and what else is said
    for (const more of [{ port: 80 }, { host: '198.51.100.7' }])
      expect((await tell(open, 'server-of-bob', word(nonce, more))).status).toBe(204);
  });
});

describe('what came by the REST API, without a form (T37)', () => {
  const HOSTILE: readonly (readonly [string, unknown])[] = [
    ['a profile that is not there', { profile: 'huge' }],
    ["a profile of Object's own", { profile: 'constructor' }],
    ['an option of Slurm', { partition: 'root' }],
    ['a list', ['small']],
    ['no text', { profile: { small: 1 } }],
  ];
  test.each(HOSTILE)('%s: refused by the very start, also when nobody asked before', async (_, options) => {
    const before = (await guarded.orders()).length;
    expect((await guarded.start(BOB, { options })).status).toBe(400);
    const { status } = await guarded.hub('POST', '/v1/options', { user: BOB, options });
    expect(status).toBe(400);
    expect((await guarded.orders()).length).toBe(before);
  });
  test.each(HOSTILE)('%s: without the guard it starts', async (_, options) => {
    expect((await open.start(BOB, { options })).status).toBe(200);
  });
});

describe('how many (T38)', () => {
  const starts = async (service: SiteService) => {
    const before = new Set((await service.orders()).map(({ text }) => text));
    const answers = await Promise.all(Array.from({ length: 50 }, () => service.start(BOB)));
    const made = (await service.orders()).filter(
      ({ user, text }) => user === BOB && text.includes('submit') && !before.has(text),
    );
    return {
      ok: answers.filter(({ status }) => status === 200).length,
      refused: answers.filter(({ status }) => status === 429).length,
      made: made.length,
    };
  };
  test('fifty at once of one person: eight, and no more', async () => {
    expect(await starts(guarded)).toEqual({ ok: 8, refused: 42, made: 8 });
  });
  test('without the guard all fifty', async () => {
    expect((await starts(open)).made).toBe(50);
  });
});

test('a server whose record is lost is found by its job, for its owner alone, and has not ended (F21)', async () => {
  const [id, other, ended] = ['a', 'b', 'c'].map((sign) => sign.repeat(16)) as [string, string, string];
  await guarded.addJob(`${ALICE}|4711|RUNNING|N/A|node1|None|berth-hub:${id}`);
  await guarded.addJob(`${BOB}|4712|RUNNING|N/A|node1|None|berth-hub:${other}`);
  await guarded.addJob(`${ALICE}|4713|COMPLETED|N/A|node1|None|berth-hub:${ended}`);
  const look = async (which: string, user: string) =>
    guarded.hub('GET', `/v1/sessions/${which}?user=${user}`);
  expect((await guarded.hub('GET', `/v1/sessions/${id}`)).status).toBe(404);
  expect((await look(id, BOB)).status).toBe(404);
  expect((await look(other, ALICE)).status).toBe(404);
  expect((await look(ended, ALICE)).status).toBe(404);
  const { status, body } = await look(id, ALICE);
  expect([status, body.jobId]).toEqual([200, '4711']);
  expect(body.state).not.toBe('ended');
  expect((await guarded.hub('GET', `/v1/sessions/${id}`)).status).toBe(200);
});

test('while somebody edits the configuration servers are shown and ended as before, and none begins', async () => {
  const { id } = await guarded.start(ALICE);
  const before = await readFile(guarded.configFile, 'utf8');
  await writeFile(guarded.configFile, `${before}}`);
  const starts = async (): Promise<number> => (await guarded.start(BOB)).status;
  try {
    expect(await until(async () => (await starts()) === 500, 10_000, 200)).toBe(true);
    expect((await guarded.hub('GET', `/v1/sessions/${id}`)).status).toBe(200);
    expect((await guarded.hub('DELETE', `/v1/sessions/${id}`)).status).toBe(200);
    const orders = await guarded.orders();
    expect(orders.some(({ text }) => text.includes('cancel') && text.includes(id))).toBe(true);
  } finally {
    await writeFile(guarded.configFile, before);
  }
  // the file is looked at once in a second
  expect(await until(async () => (await starts()) !== 500, 10_000, 200)).toBe(true);
}, 60_000);

test('a stop that Slurm does not follow at once is asked for again, and its job may tell nothing any more (F1)', async () => {
  const { id, nonce } = await guarded.start(ALICE);
  const cancels = async (): Promise<number> =>
    (await guarded.orders()).filter(({ text }) => text.includes('cancel') && text.includes(id)).length;
  // the stand-in for Slurm never ends a job
  const { body } = await guarded.hub('DELETE', `/v1/sessions/${id}`);
  expect(body.state).not.toBe('ended');
  const before = await cancels();
  expect(before).toBeGreaterThan(0);
  expect(await until(async () => (await cancels()) > before, 40_000, 500)).toBe(true);
  expect((await tell(guarded, 'server-of-alice', word(nonce))).status).toBe(403);
}, 90_000);
