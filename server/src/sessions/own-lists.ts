import type { OwnHubJob } from '@berth/spawner/slurm';

/** What one person's own list said. */
export interface OwnList {
  readonly jobs: readonly OwnHubJob[];
  /** when it was asked, of the monotonic clock: of what came later it says nothing */
  readonly asked: number;
}

/** Begins the work when there is room for it: five hundred of sudo and squeue in one instant would all be too slow. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Asks Slurm as people, each person once for all who want to know at that time.
 * @returns a function that throws what the question throws
 */
export function ownLists(
  list: (user: string) => Promise<readonly OwnHubJob[]>,
  inTurn: InTurn,
  clock: () => number,
): (user: string) => Promise<OwnList> {
  const asking = new Map<string, Promise<OwnList>>();
  return (user) => {
    const under = asking.get(user);
    if (under !== undefined) return under;
    const answer = inTurn(async () => {
      const asked = clock();
      return { asked, jobs: await list(user) };
    }).finally(() => asking.delete(user));
    asking.set(user, answer);
    return answer;
  };
}
