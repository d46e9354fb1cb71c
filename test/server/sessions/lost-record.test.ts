import { expect, test } from '@jest/globals';
import { JobId, type JobState } from '@berth/schema';
import type { OwnHubJob } from '@berth/spawner/slurm';
import { lostRecord } from '../../../server/src/sessions/lost-record.ts';

const ID = '0123456789abcdef';
const alice = { name: 'alice', uid: 2001, groups: ['alice'] };
const job = (more: Partial<OwnHubJob> = {}): OwnHubJob => ({
  id: ID,
  user: 'alice',
  jobId: JobId.parse('4711'),
  state: 'RUNNING',
  node: 'n1',
  reason: 'None',
  ...more,
});

test('of a job that lives; its nonce is one that nobody has', () => {
  const [one, other] = [1, 2].map((now) => lostRecord(ID, alice, [job()], now));
  expect(one).toMatchObject({ id: ID, user: 'alice', uid: 2001, jobId: '4711', made: 1 });
  expect(one?.nonce).toMatch(/^[0-9a-f]{64}$/);
  expect(one?.nonce).not.toBe(other?.nonce);
});

test.each<[string, Partial<OwnHubJob>]>([
  ['of another person', { user: 'bob' }],
  ['of another server', { id: 'f'.repeat(16) }],
  ...(['COMPLETED', 'CANCELLED', 'TIMEOUT'] as const satisfies JobState[]).map(
    (state): [string, Partial<OwnHubJob>] => [`that is ${state}`, { state }],
  ),
])('not of one %s', (_, more) => {
  expect(lostRecord(ID, alice, [job(more)], 1)).toBeUndefined();
});
