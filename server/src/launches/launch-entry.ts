import type { Outcome } from '@berth/schema';
import type { FromLauncher, LaunchAnswer, ToLauncherLine } from '@berth/schema/rest';

export type Begin = Extract<FromLauncher, { type: 'begin' }>;

/** The connection to one launcher. */
export interface LauncherLink {
  send(line: ToLauncherLine): void;
  close(): void;
}

/** What the board knows of a launch besides its story. */
export interface Entry {
  readonly begin: Begin;
  readonly link: LauncherLink;
  /** the person's answer, as it came */
  answered?: LaunchAnswer;
  /** when the word was given with which it went, ISO 8601 */
  word?: string;
  /** when the person cancelled it last, milliseconds since 1970 */
  cancelled?: number;
  /** the person has said no */
  refused?: Extract<ToLauncherLine, { type: 'refuse' }>;
  /** said by the launcher itself, not concluded by us */
  outcome?: Outcome;
  /** what Slurm said of its job the last time */
  queue?: string;
}
