import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until the answer is true; throws when `timeoutMs` is over. For what announces itself to nobody. */
export async function until(answer: () => boolean, timeoutMs = 10_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!answer()) {
    if (performance.now() >= end) throw new Error(`not within ${timeoutMs} ms: ${String(answer)}`);
    await sleep(5);
  }
}
