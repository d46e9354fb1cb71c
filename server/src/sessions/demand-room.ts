import { Failure } from '@berth/schema';
import type { SessionStart } from '@berth/schema/rest';
import type { Session } from './session.ts';
import type { SessionLimits } from './sessions-options.ts';

/**
 * A former one of the same name, which is being ended, does not count for the person: else nobody could start anew at once. Pure.
 * @throws Failure `quota-reached`
 */
export function demandRoom(
  sessions: readonly Session[],
  { user, server }: SessionStart,
  { perUser, total }: SessionLimits,
): void {
  const living = sessions.filter(({ lives }) => lives);
  if (living.length >= total)
    throw new Failure('quota-reached', { whose: 'For all people together', most: total });
  const theirs = living.filter(
    ({ record, stopping }) => record.user === user && !(stopping && record.server === server),
  );
  if (theirs.length >= perUser)
    throw new Failure('quota-reached', { whose: 'For one person', most: perUser });
}
