/** What becomes of people's servers when a disk, Slurm, a home or the Hub fails: with stand-ins for all of them. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { JobId } from '@berth/schema';
import { createHash } from 'node:crypto';
import type { Sessions } from '../../../server/src/sessions/sessions.ts';
import { ID, JOB, jobOf, order, record, seconds, siteOf, stateOf } from './sessions-stand.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('a full disk (F9)', () => {
  test('ends no start that has a job, and keeps no server from its end', async () => {
    const { site, sessions } = siteOf({});
    await sessions.start(ID, order);
    site.jobs = [jobOf()];
    site.diskFull = true;
    const stopped = sessions.stop(ID);
    await seconds(1);
    expect(site.cancelled).toContain(`${ID} ${JOB}`);
    site.jobs = [jobOf({ state: 'CANCELLED' })];
    await seconds(20);
    expect((await stopped).state).toBe('ended');
    expect(site.warned).toContain('state');
    sessions.close();
  });

  test('nothing is submitted that was not written down before; nor does it count', async () => {
    const submitted: string[] = [];
    const submit = async (user: string): Promise<JobId> => {
      submitted.push(user);
      return JOB;
    };
    const { site, sessions } = siteOf({ helper: { submit } });
    site.diskFull = true;
    await expect(sessions.start(ID, order)).rejects.toThrow('ENOSPC');
    expect(submitted).toEqual([]);
    expect(stateOf(sessions)).toBe('ended');
    site.diskFull = false;
    await expect(sessions.start('f'.repeat(16), order)).resolves.toMatchObject({ jobId: JOB });
    sessions.close();
  });
});

describe('the word of a job comes while nobody can tell where it runs (F1)', () => {
  const nonce = 'a'.repeat(64);
  const told = createHash('sha256').update(nonce).digest('hex');
  const started = () => siteOf({ records: [record({ jobId: JOB, nonce: told })] });
  const word = (sessions: Sessions) => sessions.callback('alice', { port: 40_000, nonce });
  const again = { code: 'slurm-unreachable' };

  test('it is to tell again what Slurm cannot confirm, and is heard then, once', async () => {
    const { site, sessions } = started();
    site.silent = true;
    await sessions.adopt();
    const first = expect(word(sessions)).rejects.toMatchObject(again);
    await expect(word(sessions)).rejects.toMatchObject(again);
    await seconds(40);
    await first;
    [site.silent, site.jobs] = [false, [jobOf()]];
    const second = word(sessions);
    await seconds(20);
    await second;
    expect(sessions.own('alice')[0]?.place).toEqual({ host: '192.0.2.1', port: 40_000 });
    await expect(word(sessions)).rejects.toMatchObject({ code: 'callback-refused' });
    sessions.close();
  });

  test('nor where its node has no address yet; one that is being ended has told for the last time', async () => {
    const { site, sessions } = started();
    [site.jobs, site.address] = [[jobOf()], undefined];
    await sessions.adopt();
    await seconds(6);
    await expect(word(sessions)).rejects.toMatchObject(again);
    site.jobs = [jobOf({ state: 'PENDING', node: '' })];
    await seconds(6);
    const late = expect(word(sessions)).rejects.toMatchObject({ code: 'callback-refused' });
    const stopped = sessions.stop(ID);
    await seconds(40);
    await Promise.all([late, stopped]);
    sessions.close();
  });
});

test('who stops and starts anew at once may, though Slurm still ends the former job', async () => {
  const { site, sessions } = siteOf({});
  await sessions.start(ID, order);
  site.jobs = [jobOf({ state: 'COMPLETING' })];
  const stopped = sessions.stop(ID);
  await seconds(20);
  expect((await stopped).state).not.toBe('ended');
  await expect(sessions.start('f'.repeat(16), order)).resolves.toMatchObject({ jobId: JOB });
  const other = { ...order, server: 'other' };
  await expect(sessions.start('e'.repeat(16), other)).rejects.toMatchObject({ code: 'quota-reached' });
  sessions.close();
});

test('one that the Hub has given up, and could not tell us, ends when its server is started anew; no other does', async () => {
  const jobs = [1, 2, 3].map((at) => JobId.parse(String(100 + at)));
  const records = [{}, { server: 'other' }, { isLost: true } as const].map((more, at) =>
    record({ id: String(at).repeat(16), jobId: jobs[at] as JobId, ...more }),
  );
  const { site, sessions } = siteOf({ records });
  site.limits = { perUser: 3, total: 10 };
  site.jobs = jobs.map((jobId) => jobOf({ jobId }));
  await sessions.adopt();
  await seconds(6);
  await expect(sessions.start(ID, order)).resolves.toMatchObject({ jobId: JOB });
  await seconds(1);
  expect(site.cancelled).toEqual([`${'0'.repeat(16)} ${jobs[0]}`]);
  sessions.close();
});

test('a home that hangs holds one look at its log, however many watch (F23)', async () => {
  let looks = 0;
  const log = (): Promise<string> => {
    looks += 1;
    return new Promise(() => undefined);
  };
  const { site, sessions } = siteOf({ helper: { log } });
  await sessions.start(ID, order);
  site.jobs = [jobOf()];
  await seconds(10);
  for (let i = 0; i < 30; i++) {
    void sessions.view(ID, { after: 1e9, watched: true });
    await seconds(3);
  }
  expect(looks).toBe(1);
  sessions.close();
});

test('what a job has said that died at once is shown though Slurm last told that it waits; of one that waits for long nobody looks', async () => {
  let looks = 0;
  const began = performance.now();
  const log = async (): Promise<string> => {
    looks += 1;
    return performance.now() - began < 3_000 ? '' : 'the licence server does not answer';
  };
  const { site, sessions } = siteOf({ helper: { log } });
  site.jobs = [jobOf({ state: 'PENDING', node: '' })];
  await sessions.start(ID, order);
  const watch = async (): Promise<void> => {
    void sessions.view(ID, { after: 1e9, watched: true });
    await seconds(2);
  };
  for (let i = 0; i < 3; i++) await watch();
  expect(sessions.own('alice')[0]).toMatchObject({ state: 'waiting' });
  expect(sessions.own('alice')[0]?.lines).toEqual(['the licence server does not answer']);
  for (let i = 0; i < 100; i++) await watch();
  expect(looks).toBeLessThan(10);
  sessions.close();
});

test('a server whose record is lost lives; who waits for its place is not kept waiting for ever (F21)', async () => {
  const { site, sessions } = siteOf({});
  await expect(sessions.view(ID, { user: 'alice' })).rejects.toMatchObject({ code: 'session-unknown' });
  site.jobs = [jobOf()];
  expect(await sessions.view(ID, { user: 'alice' })).toMatchObject({ state: 'waiting', jobId: JOB });
  await seconds(60);
  expect(site.cancelled).toEqual([]);
  const waiting = sessions.view(ID, { user: 'alice', after: 1e9 });
  await seconds(1);
  expect(site.cancelled).toContain(`${ID} ${JOB}`);
  site.jobs = [jobOf({ state: 'CANCELLED' })];
  await seconds(30);
  await waiting;
  expect(stateOf(sessions)).toBe('ended');
  expect(sessions.own('alice')[0]?.says).toBe(
    `Job ${JOB} was cancelled: its record was lost. Start your server again.`,
  );
  sessions.close();
});

test('a server whose record is lost is ended by who asks for that, with its job (F21)', async () => {
  const { site, sessions } = siteOf({});
  await expect(sessions.stop(ID, 'alice')).rejects.toMatchObject({ code: 'session-unknown' });
  site.jobs = [jobOf()];
  const stopped = sessions.stop(ID, 'alice');
  await seconds(1);
  expect(site.cancelled).toContain(`${ID} ${JOB}`);
  site.jobs = [jobOf({ state: 'CANCELLED' })];
  await seconds(20);
  expect((await stopped).state).toBe('ended');
  sessions.close();
});

test.each<[string, { readonly jobId?: JobId }]>([
  ['cancel', { jobId: JOB }],
  ['list', {}],
])('a stop comes back after a while, also when %s as that person does not', async (verb, more) => {
  const hangs = (): Promise<never> => new Promise(() => undefined);
  const { sessions } = siteOf({ helper: { [verb]: hangs }, records: [record(more)] });
  await sessions.adopt();
  const stopped = sessions.stop(ID);
  let isBack = false;
  void stopped.then(() => (isBack = true));
  await seconds(16);
  expect(isBack).toBe(true);
  expect(stateOf(sessions)).not.toBe('ended');
  sessions.close();
});
