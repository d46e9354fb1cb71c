import type { Outcome } from '@berth/schema';

/** Ends after which Jupyter's automatic restart must not submit another job. */
export function endsForGood(kind: Outcome['kind']): boolean {
  return kind !== 'exited' && kind !== 'signalled' && kind !== 'out-of-memory';
}
