import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Outcome } from '@berth/schema';
import { isOutcomeName, outcomePath } from './outcome-path.ts';

/**
 * An Outcome that forbids a start now: Jupyter's restarter comes within seconds of an end, a person later. Each refusal
 * renews it, so that the whole row of automatic restarts is refused.
 * @param guardSeconds how long after the last word a start counts as automatic
 */
export async function standingOutcome(
  connectionFile: string,
  guardSeconds: number,
  now: number,
): Promise<{ outcome: Outcome; seconds: number } | undefined> {
  const path = outcomePath(connectionFile);
  const age = await stat(path).then(
    ({ mtimeMs }) => (now - mtimeMs) / 1000,
    () => Infinity,
  );
  if (age > guardSeconds) {
    if (age !== Infinity) await rm(path, { force: true });
    return undefined;
  }
  const outcome = outcomeIn(await readFile(path, 'utf8').catch(() => ''));
  if (outcome === undefined) return undefined;
  await utimes(path, now / 1000, now / 1000).catch(() => undefined);
  return { outcome, seconds: guardSeconds };
}

/** A file that was cut or is of another version stops nobody. */
function outcomeIn(text: string): Outcome | undefined {
  try {
    return Outcome.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** After so many milliseconds a last word is of no use to any restart. */
const STALE_MS = 600_000;

/** Written whole or not at all, 0600; stale ones of other kernels go on the same occasion. */
export async function writeOutcome(connectionFile: string, outcome: Outcome): Promise<void> {
  const path = outcomePath(connectionFile);
  await writeFile(`${path}.new`, JSON.stringify(outcome), { mode: 0o600 });
  await rename(`${path}.new`, path);
  const directory = dirname(path);
  for (const name of (await readdir(directory)).filter(isOutcomeName)) {
    const other = join(directory, name);
    const { mtimeMs } = await stat(other).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > STALE_MS) await rm(other, { force: true });
  }
}
