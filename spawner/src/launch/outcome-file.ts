import { lstat, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Outcome } from '@berth/schema';
import { OUTCOME_KEY } from './outcome-key.ts';

/** The last word in a connection file; undefined when there is none, or none that we understand. */
export async function lastOutcome(connectionFile: string): Promise<Outcome | undefined> {
  const content = await contentOf(connectionFile);
  return Outcome.safeParse(content?.[OUTCOME_KEY]).data;
}

/**
 * An Outcome that forbids a start now: Jupyter's restarter comes within seconds of an end, a person later. Each refusal
 * renews it, so that the whole row of automatic restarts is refused. The file's time of change is that of the last word:
 * clients write it once, before the first start.
 * @param guardSeconds how long after the last word a start counts as automatic
 */
export async function standingOutcome(
  connectionFile: string,
  guardSeconds: number,
  now: number,
): Promise<{ outcome: Outcome; seconds: number } | undefined> {
  const outcome = await lastOutcome(connectionFile);
  if (outcome === undefined) return undefined;
  const { mtimeMs } = await stat(connectionFile);
  if ((now - mtimeMs) / 1000 > guardSeconds) return undefined;
  await utimes(connectionFile, now / 1000, now / 1000).catch(() => undefined);
  return { outcome, seconds: guardSeconds };
}

/**
 * Leaves the last word in the connection file itself, so that it goes when the client removes that: beside it, it would be
 * left behind. All else in the file stays; the whole is replaced at once, with its mode. A file that is gone stays gone, and
 * what is not ours to replace (a link, another's file) is left alone.
 */
export async function writeOutcome(connectionFile: string, outcome: Outcome): Promise<void> {
  const identity = await identityOf(connectionFile);
  const before = await lstat(connectionFile).catch(() => undefined);
  const content = await contentOf(connectionFile);
  if (content === undefined || before?.isFile() !== true || before.uid !== process.getuid?.()) return;
  // no name by which a client finds kernels, nor one that can be foreseen
  const aside = join(dirname(connectionFile), `.berth-${process.pid}-${process.hrtime.bigint()}`);
  try {
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(JSON.stringify({ ...content, [OUTCOME_KEY]: outcome }, null, 1));
      await file.chmod(before.mode & 0o777);
      if (before.gid !== (await file.stat()).gid)
        await file.chown(before.uid, before.gid).catch(() => undefined);
    } finally {
      await file.close();
    }
    const now = await identityOf(connectionFile);
    // the client may have removed it, or have written another, meanwhile: numbers of files are used again at once
    if (now !== undefined && now === identity) await rename(aside, connectionFile);
  } finally {
    await rm(aside, { force: true });
  }
}

async function identityOf(path: string): Promise<string | undefined> {
  const found = await lstat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.dev} ${found.ino} ${found.ctimeNs}`;
}

/** A file that was cut, or is no object, holds nothing. */
async function contentOf(connectionFile: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(connectionFile, 'utf8'));
    const plain = typeof value === 'object' && value !== null && !Array.isArray(value);
    return plain ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
