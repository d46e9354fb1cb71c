import { setTimeout as sleep } from 'node:timers/promises';

/** How late a timer must be for the machine to have stood still; milliseconds, as how often that is looked at. */
const STILL = 500;
const PULSE = 50;

/**
 * Asks until the answer is true; false when `timeoutMs` is over. For what announces itself to nobody:
 * the end of processes that are not our children, nodes that come up.
 */
export async function until(
  answer: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 20,
): Promise<boolean> {
  let beat = performance.now();
  let end = beat + timeoutMs;
  // while the machine stands still, whoever we wait for has no time either
  const pulse = setInterval(() => {
    const late = performance.now() - beat - PULSE;
    if (late > STILL) end += late;
    beat += PULSE + Math.max(0, late);
  }, PULSE);
  try {
    for (;;) {
      const began = performance.now();
      if (await answer()) return true;
      // an answer tells how it was when it was asked for
      if (began >= end) return false;
      await sleep(everyMs);
    }
  } finally {
    clearInterval(pulse);
  }
}
