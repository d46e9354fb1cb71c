import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks until the answer is true; false when `timeoutMs` is over. For what announces itself to nobody:
 * the end of processes that are not our children, nodes that come up.
 */
export async function until(
  answer: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 20,
): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    if (await answer()) return true;
    if (performance.now() >= end) return false;
    await sleep(everyMs);
  }
}
