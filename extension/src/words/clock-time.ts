/**
 * A moment as a clock here shows it: with the date only when that is not today's, with the year only when that is another.
 * @param iso ISO 8601 with its offset
 * @returns undefined if it is no time
 */
export function clockTime(iso: string, now: number = Date.now(), locale?: string): string | undefined {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return undefined;
  const today = at.toDateString() === new Date(now).toDateString();
  const thisYear = at.getFullYear() === new Date(now).getFullYear();
  return at.toLocaleString(locale, {
    hour: '2-digit',
    minute: '2-digit',
    ...(today ? {} : { weekday: 'short', day: 'numeric', month: 'short' }),
    ...(thisYear ? {} : { year: 'numeric' }),
  });
}
