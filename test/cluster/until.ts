import { setTimeout as sleep } from 'node:timers/promises';

/** So late is a timer of a machine that is busy; milliseconds. Of one that is later the machine stood still. */
const STILL = 500;

/**
 * Asks until the answer is true; false when `timeoutMs` is over. For what announces itself to nobody:
 * the end of processes that are not our children, nodes that come up.
 */
export async function until(
  answer: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 20,
): Promise<boolean> {
  let left = timeoutMs;
  for (;;) {
    const began = performance.now();
    if (await answer()) return true;
    // an answer tells how it was when it was asked for
    if (left <= 0) return false;
    left -= performance.now() - began;
    const slept = performance.now();
    await sleep(everyMs);
    // while the machine stands still, whoever we wait for has no time either
    left -= Math.min(performance.now() - slept, everyMs + STILL);
  }
}
