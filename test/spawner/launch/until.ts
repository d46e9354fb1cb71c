import { until as untilTrue } from '../../cluster/until.ts';

/** Asks until the answer is true; throws when `timeoutMs` is over. For what announces itself to nobody. */
export async function until(answer: () => boolean, timeoutMs = 10_000): Promise<void> {
  if (!(await untilTrue(answer, timeoutMs, 5)))
    throw new Error(`not within ${timeoutMs} ms: ${String(answer)}`);
}
