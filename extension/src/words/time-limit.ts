/**
 * Seconds of a Slurm time limit, or undefined if it is none. Source: sbatch(1), --time: minutes, MM:SS, HH:MM:SS, D-HH,
 * D-HH:MM, D-HH:MM:SS.
 */
export function timeLimitSeconds(text: string): number | undefined {
  const match = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(text);
  if (!match) return undefined;
  const [days, a, b, c] = match.slice(1).map((part) => (part === undefined ? undefined : Number(part)));
  if (a === undefined) return undefined;
  if (days !== undefined) return ((days * 24 + a) * 60 + (b ?? 0)) * 60 + (c ?? 0);
  if (c !== undefined) return (a * 60 + (b ?? 0)) * 60 + c;
  return a * 60 + (b ?? 0);
}
