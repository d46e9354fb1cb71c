/** A sudo that hangs is root's, and cannot be ended by us: how many of them there can be. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { JobId } from '@berth/schema';
import { places } from '../../../server/src/catalog/index.ts';
import { cancels } from '../../../server/src/sessions/cancels.ts';
import { ID, JOB, jobOf, record, seconds, siteOf, stateOf } from './sessions-stand.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('one that does not come back is not begun again with each answer of Slurm, nor by the stop beside it (F20)', async () => {
  let begun = 0;
  const cancel = (): Promise<void> => {
    begun += 1;
    return new Promise(() => undefined);
  };
  const { site, sessions } = siteOf({ helper: { cancel }, records: [record({ jobId: JOB })] });
  site.jobs = [jobOf()];
  await sessions.adopt();
  void sessions.stop(ID);
  await seconds(120);
  expect(stateOf(sessions)).toBe('starting');
  expect(begun).toBe(1);
  sessions.close();
});

test('one that failed is tried again; of two hundred few are under way at once', async () => {
  let [now, most, done] = [0, 0, 0];
  const warned: string[] = [];
  const cancel = cancels(
    async () => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setTimeout(resolve, 100));
      now -= 1;
      done += 1;
      throw new Error('no controller');
    },
    places(8),
    (_, { why = '' }) => void warned.push(why),
  );
  const all = Array.from({ length: 200 }, (_, at) =>
    record({ id: String(at).padStart(16, '0'), jobId: JobId.parse(String(100 + at)) }),
  );
  for (const one of all) void cancel(one);
  await seconds(60);
  expect([most, done]).toEqual([8, 200]);
  expect(warned).toContain('no controller');
  void cancel(all[0] ?? record());
  await seconds(1);
  expect(done).toBe(201);
  await cancel(record());
  expect(done).toBe(201);
});

test('a service that lost all its records asks each owner once, few at once, however many servers are asked for', async () => {
  let [now, most] = [0, 0];
  const asked: string[] = [];
  const list = async (user: string) => {
    asked.push(user);
    most = Math.max(most, (now += 1));
    await new Promise((resolve) => setTimeout(resolve, 100));
    now -= 1;
    return [];
  };
  const { sessions } = siteOf({ helper: { list } });
  const people = Array.from({ length: 100 }, (_, at) => `person${at}`);
  const views = people.flatMap((user, at) =>
    [0, 1].map((which) =>
      sessions.view(String(2 * at + which).padStart(16, '0'), { user }).catch(() => undefined),
    ),
  );
  await seconds(10);
  await Promise.all(views);
  expect(asked.toSorted()).toEqual(people.toSorted());
  expect(most).toBe(8);
  sessions.close();
});
