import type { HubOptions, Resources } from '@berth/schema';
import type { HubJob } from '@berth/spawner/slurm';
import type { Account, Accounts } from './account.ts';
import type { Helper } from './as-person.ts';
import type { InTurn } from './own-lists.ts';
import type { SessionStore } from './session-store.ts';

/** What the site's configuration says of it. */
export interface SessionLimits {
  readonly perUser: number;
  readonly total: number;
}

export interface SessionsOptions {
  readonly store: Pick<SessionStore, 'all' | 'write' | 'remove'>;
  readonly helper: Helper;
  /** so that few people are asked as at once */
  readonly inTurn: InTurn;
  /** the same for ends, which do not wait behind questions */
  readonly cancelInTurn: InTurn;
  readonly accounts: Accounts;
  readonly limits: () => Promise<SessionLimits>;
  /** checks what was chosen. @throws Failure `hub-options-refused` */
  readonly choose: (
    account: Account,
    options: unknown,
  ) => Promise<{ options: HubOptions; resources: Resources }>;
  /** what the job is given besides, e.g. where it tells that it listens */
  readonly forJob: () => Promise<Readonly<Record<string, unknown>>>;
  readonly askSlurm: () => Promise<readonly HubJob[]>;
  /** address of a node, from Slurm's record */
  readonly addressOf: (node: string) => Promise<string | undefined>;
  readonly interval: number;
  readonly warn: (event: string, fields: Readonly<Record<string, string>>) => void;
  /** milliseconds since 1970, and of a monotonic clock */
  readonly now: () => number;
  readonly clock: () => number;
}
