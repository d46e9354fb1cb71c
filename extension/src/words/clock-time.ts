/**
 * A time of Slurm's or ours as a clock shows it: with the date only when that is not today's.
 * @param iso ISO 8601; without an offset it is taken as this place's time, which is how Slurm writes it
 * @returns undefined if it is no time
 */
export function clockTime(iso: string, now: number = Date.now(), locale?: string): string | undefined {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return undefined;
  const today = at.toDateString() === new Date(now).toDateString();
  return at.toLocaleString(locale, {
    hour: '2-digit',
    minute: '2-digit',
    ...(today ? {} : { weekday: 'short', day: 'numeric', month: 'short' }),
  });
}
