import { Resources, type SessionRecord } from '@berth/schema';
import type { OwnHubJob } from '@berth/spawner/slurm';
import { randomBytes } from 'node:crypto';
import type { Account } from './account.ts';
import { endOf } from './job-ends.ts';

/**
 * What is known of a server whose record is gone, from its job; undefined when there is none that lives. Where it listens only its
 * own job could tell, with a nonce that is lost too: the Hub has written that down, or the person ends it. Pure but for a nonce that
 * nobody has.
 * @param jobs the person's own, asked as that person. @param now milliseconds since 1970
 */
export function lostRecord(
  id: string,
  account: Account,
  jobs: readonly OwnHubJob[],
  now: number,
): SessionRecord | undefined {
  const job = jobs.find(
    (one) => one.id === id && one.user === account.name && endOf(one.state) === undefined,
  );
  if (job === undefined) return undefined;
  return {
    id,
    user: account.name,
    uid: account.uid,
    server: '',
    options: {},
    resources: Resources.parse({}),
    made: now,
    nonce: randomBytes(32).toString('hex'),
    jobId: job.jobId,
    isLost: true,
  };
}
