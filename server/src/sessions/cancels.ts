import type { SessionRecord } from '@berth/schema';
import type { InTurn } from './own-lists.ts';
import type { SessionsOptions } from './sessions-options.ts';

/**
 * Ends jobs as their owners, few at once, and none a second time while the first try is under way: a sudo that hangs is root's, we
 * cannot end it. Never throws: Slurm may not hear it now, and is then told again with its next answer.
 */
export function cancels(
  cancel: SessionsOptions['helper']['cancel'],
  inTurn: InTurn,
  warn: SessionsOptions['warn'],
): (record: SessionRecord) => Promise<void> {
  const trying = new Map<string, Promise<void>>();
  return ({ user, id, jobId }) => {
    if (jobId === undefined) return Promise.resolve();
    const before = trying.get(id);
    if (before !== undefined) return before;
    const done = inTurn(() => cancel(user, id, jobId))
      .catch((error: unknown) => {
        warn('cancel', { user, why: error instanceof Error ? error.message : String(error) });
      })
      .finally(() => trying.delete(id));
    trying.set(id, done);
    return done;
  };
}
