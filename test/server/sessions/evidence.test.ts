/** What Slurm's words say of people's servers, and what they don't: with stand-ins for all that fails. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Failure, JobId } from '@berth/schema';
import type { OwnHubJob } from '@berth/spawner/slurm';
import { ID, JOB, jobOf, order, record, seconds, siteOf, stateOf } from './sessions-stand.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('the service was killed while it submitted (F11)', () => {
  test('what is not in the queue yet may still come: it is found, and counts', async () => {
    const { site, sessions } = siteOf({ records: [record()] });
    await sessions.adopt();
    await seconds(30);
    expect(stateOf(sessions)).toBe('submitting');
    const other = { ...order, server: 'other' };
    await expect(sessions.start('f'.repeat(16), other)).rejects.toMatchObject({ code: 'quota-reached' });
    site.hidden = [{ ...jobOf({ state: 'PENDING' }), id: ID }];
    await seconds(30);
    expect(sessions.own('alice')[0]).toMatchObject({ state: 'waiting', jobId: JOB });
    sessions.close();
  });

  test('a minute after it was asked for, nothing comes any more', async () => {
    const { site, sessions } = siteOf({ records: [record()] });
    await sessions.adopt();
    await seconds(50);
    expect(stateOf(sessions)).toBe('submitting');
    await seconds(60);
    expect(stateOf(sessions)).toBe('ended');
    expect(site.kept.size).toBe(0);
    sessions.close();
  });
});

test('a submission of which nothing can be told is none that was refused: its job is found (F1)', async () => {
  const submit = async (): Promise<JobId> => {
    site.jobs = [jobOf()];
    throw new Failure('slurm-unreachable', { why: 'Socket timed out' });
  };
  const { site, sessions } = siteOf({ helper: { submit } });
  await expect(sessions.start(ID, order)).rejects.toMatchObject({ code: 'slurm-unreachable' });
  await seconds(12);
  expect(sessions.own('alice')[0]).toMatchObject({ state: 'starting', jobId: JOB });
  sessions.close();
});

test("another's job, and another of her own that bears our tag, say nothing of her server (T36)", async () => {
  const { site, sessions } = siteOf({});
  await sessions.start(ID, order);
  site.jobs = [jobOf({ user: 'bob', state: 'CANCELLED' })];
  site.hidden = [
    { ...jobOf({ jobId: JobId.parse('4712'), state: 'CANCELLED' }), id: ID },
    { ...jobOf(), id: ID },
  ];
  await seconds(20);
  expect(stateOf(sessions)).toBe('starting');
  sessions.close();
});

test('a job whose comment was changed is told by its number, also where only its owner sees it (I4)', async () => {
  const place = { host: '192.0.2.1', port: 40_000 };
  const { site, sessions } = siteOf({ records: [record({ jobId: JOB, place })] });
  site.hidden = [jobOf()];
  await sessions.adopt();
  await seconds(200);
  expect(stateOf(sessions)).toBe('ready');
  site.hidden = [{ ...jobOf({ jobId: JobId.parse('4712') }), id: ID }];
  await seconds(150);
  expect(stateOf(sessions)).toBe('ended');
  sessions.close();
});

test('a job whose name was changed is found by its number, seldom asked for; another of that number is none (I4)', async () => {
  const place = { host: '192.0.2.1', port: 40_000 };
  const { site, sessions } = siteOf({ records: [record({ jobId: JOB, place })] });
  site.renamed = [jobOf()];
  await sessions.adopt();
  await seconds(200);
  expect(stateOf(sessions)).toBe('ready');
  expect(site.warned.filter((event) => event === 'hidden').length).toBeLessThanOrEqual(4);
  site.renamed = [jobOf({ user: 'bob' })];
  await seconds(150);
  expect(stateOf(sessions)).toBe('ended');
  sessions.close();
});

test('where Slurm hides the jobs from us their owners are asked: often while one starts, seldom while it runs', async () => {
  let asked = 0;
  const list = async (): Promise<readonly OwnHubJob[]> => {
    asked += 1;
    return site.hidden;
  };
  const { site, sessions } = siteOf({
    helper: { list },
    records: [record({ jobId: JOB, place: { host: '192.0.2.1', port: 40_000 } })],
  });
  site.hidden = [{ ...jobOf(), id: ID }];
  await sessions.adopt();
  await seconds(600);
  expect(stateOf(sessions)).toBe('ready');
  expect(asked).toBeGreaterThan(2);
  expect(asked).toBeLessThanOrEqual(11);
  site.hidden = [{ ...jobOf({ state: 'TIMEOUT' }), id: ID }];
  await seconds(150);
  expect(stateOf(sessions)).toBe('ended');
  sessions.close();
});

test('of many that Slurm hides few owners are asked at once, each once for all of theirs; who does not answer, as seldom (F1)', async () => {
  const people = Array.from({ length: 40 }, (_, at) => `person${at}`);
  const records = people.flatMap((user, at) =>
    [0, 1].map((which) =>
      record({
        id: String(100 + 2 * at + which).padStart(16, '0'),
        user,
        jobId: JobId.parse(String(100 + 2 * at + which)),
        place: { host: '192.0.2.1', port: 40_000 },
      }),
    ),
  );
  let [now, most] = [0, 0];
  const asked: string[] = [];
  const list = async (user: string): Promise<readonly OwnHubJob[]> => {
    asked.push(user);
    most = Math.max(most, (now += 1));
    await new Promise((resolve) => setTimeout(resolve, 500));
    now -= 1;
    throw new Error('Unable to contact slurm controller');
  };
  const { sessions } = siteOf({ helper: { list }, records });
  await sessions.adopt();
  await seconds(50);
  expect(asked.toSorted()).toEqual(people.toSorted());
  expect(most).toBe(8);
  await seconds(550);
  expect(asked.length).toBeLessThanOrEqual(11 * people.length);
  expect(sessions.own('person0').map(({ state }) => state)).toEqual(['ready', 'ready']);
  sessions.close();
});
