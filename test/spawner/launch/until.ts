import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until the answer is true; throws when `timeoutMs` is over. For what announces itself to nobody. */
export async function until(answer: () => boolean, timeoutMs = 10_000): Promise<void> {
  let end = performance.now() + timeoutMs;
  while (!answer()) {
    const from = performance.now();
    if (from >= end) throw new Error(`not within ${timeoutMs} ms: ${String(answer)}`);
    await sleep(5);
    const late = performance.now() - from - 5;
    // the machine stood still: whoever we wait for had no time either
    if (late > 500) end += late;
  }
}
