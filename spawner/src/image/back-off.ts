/** Waits in milliseconds before the second, third, ... attempt; after the last the failure stands. */
export const WAITS: readonly number[] = [250, 1000, 4000];

/** Longest wait that a server may ask for; a longer one is a failure now. */
export const LONGEST_WAIT = 60_000;

/**
 * `Retry-After` in milliseconds: seconds or an HTTP date. Source: RFC 9110, 10.2.3.
 * @param now milliseconds since 1970
 */
export function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^[0-9]{1,9}$/.test(value)) return Number(value) * 1000;
  const date = /^[A-Z][a-z]{2}, /.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** How long to wait now, or undefined to give up. Up to a quarter is added by chance, so that many clients spread. */
export function nextWait(
  planned: number | undefined,
  asked: number | undefined,
  chance: number,
): number | undefined {
  if (planned === undefined || (asked ?? 0) > LONGEST_WAIT) return undefined;
  return Math.max(planned * (1 + chance / 4), asked ?? 0);
}

const RETRIED: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Whether the same request may do better later. */
export const isRetried = (status: number): boolean => RETRIED.has(status);
