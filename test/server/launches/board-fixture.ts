import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure, Resources, type Launch, type Outcome } from '@berth/schema';
import type { FromLauncher, ServerEvent, ToLauncherLine } from '@berth/schema/rest';
import { LaunchBoard, type LauncherLink } from '../../../server/src/launches/launch-board.ts';
import type { DecidedStart } from '../../../server/src/launches/start-decision.ts';
import { WishStore } from '../../../server/src/launches/wish-store.ts';

export type Begin = Extract<FromLauncher, { type: 'begin' }>;

export const SMALL = Resources.parse({ cpus: 1, memory: '1G' });
export const LARGE = Resources.parse({ cpus: 8, memory: '64G', time: '4:00:00' });
export const ready = { state: 'ready', node: 'n1', pid: 7 } as const satisfies Launch;
export const idOf = (number: number): string => number.toString(16).padStart(16, '0');
/** A launch's beginning that would submit a job, for a.ipynb unless told otherwise. */
export const begin = (number: number, more: Partial<Begin> = {}): Begin => ({
  type: 'begin',
  id: idOf(number),
  kernel: 'python',
  displayName: 'Python 3',
  path: 'a.ipynb',
  began: '2026-11-21T03:00:00.000Z',
  resources: SMALL,
  ...more,
});
export const cancelled = (at: string): Outcome => ({
  kind: 'cancelled',
  sentence: 'Job 7 was cancelled.',
  status: 143,
  at,
});

export class Link implements LauncherLink {
  readonly lines: ToLauncherLine[] = [];
  closed = false;
  send(line: ToLauncherLine): void {
    this.lines.push(line);
  }
  close(): void {
    this.closed = true;
  }
  /** types of what was said, and forgets it */
  take(): readonly string[] {
    return this.lines.splice(0).map(({ type }) => type);
  }
}

export interface Board {
  readonly board: LaunchBoard;
  readonly events: ServerEvent[];
  readonly noted: unknown[];
  readonly decided: DecidedStart[];
  /** goes on by a second with every look, so that words have an order */
  clock: number;
  readonly directory: string;
}

/** A board with an empty wish store in a directory of its own; kernels `python` and `r` exist. */
export async function withBoard(use: (parts: Board) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'board-'));
  const parts = { clock: Date.parse('2026-11-21T03:00:00Z'), events: [], noted: [], decided: [], directory };
  const made: Board = {
    ...parts,
    board: new LaunchBoard({
      wishes: new WishStore({ file: join(directory, 'state/wishes.json'), root: directory }, (why) =>
        made.noted.push(why),
      ),
      resourcesOf: async (name) => {
        if (name !== 'python' && name !== 'r') throw new Failure('kernel-unknown', { name });
        return SMALL;
      },
      publish: (event) => made.events.push(event),
      changed: () => undefined,
      note: (error) => made.noted.push(error),
      decided: (start) => made.decided.push(start),
      now: () => (made.clock += 1000),
    }),
  };
  try {
    await use(made);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
