import { Failure } from '@berth/schema';
import type { JobLog } from '@berth/schema/rest';
import { join } from 'node:path';
import type { SavedOutput } from '../routes/index.ts';
import { attemptPlace, attemptsOf, readEvidence } from './job-evidence.ts';
import { slurmOutputOf, type JobPaths } from './job-paths.ts';
import { openRegular, readRegular } from './own-file.ts';

/** Bytes of an output that is shown; a longer one is opened as a file. Nothing larger goes through Jupyter's proxy well. */
const MOST_OUTPUT = 64 * 1024 * 1024;
/** Bytes of one part of a log. */
const LOG_PART = 256 * 1024;

/**
 * The newest output of an element, as it lies there: until an attempt has written one, that of the attempt before it.
 * @throws Failure `job-output-missing`
 */
export async function readOutput(id: string, paths: JobPaths, index: number): Promise<SavedOutput> {
  const attempts = await attemptsOf(paths, index);
  const refuse = (why: string, cause?: unknown): never => {
    throw new Failure('job-output-missing', { id, why }, { cause });
  };
  for (const attempt of attempts) {
    const path = join(attemptPlace(paths, index, attempt), 'output.ipynb');
    const file = await openRegular(path).catch((error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? undefined : refuse(error.message, error),
    );
    if (file === undefined) continue;
    const saved = await file.stat().finally(() => file.close());
    const notebook = await readRegular(path, MOST_OUTPUT).catch((error: Error) =>
      refuse(`${path}: ${error.message}`, error),
    );
    return { notebook, saved: saved.mtime.toISOString(), attempt };
  }
  return refuse(attempts.length === 0 ? 'it has not begun' : 'its first cell has not begun');
}

/**
 * A part of an element's log, or of what Slurm wrote before it had one; empty where there is nothing more (yet).
 * @param from bytes from its beginning, or below 0 from its end
 * @throws Failure `job-log-unreadable`
 */
export async function readLog(
  id: string,
  paths: JobPaths,
  isArray: boolean,
  index: number,
  from: number,
): Promise<JobLog> {
  const { attempt } = await readEvidence(paths, index);
  const path =
    attempt < 0
      ? join(paths.root, slurmOutputOf(isArray, index))
      : join(attemptPlace(paths, index, attempt), 'log.txt');
  const file = await openRegular(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Failure('job-log-unreadable', { id, why: error.message }, { cause: error });
  });
  if (file === undefined) return { text: '', next: Math.max(0, from), attempt, more: false };
  try {
    const begin = from < 0 ? Math.max(0, (await file.stat()).size + from) : from;
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LOG_PART), 0, undefined, begin);
    const read = buffer.subarray(0, bytesRead);
    // in the middle of a log a sign of UTF-8 may have begun before
    const cut =
      from < 0 && begin > 0
        ? Math.max(
            0,
            read.findIndex((byte) => (byte & 0xc0) !== 0x80),
          )
        : 0;
    const part = wholeCharacters(read.subarray(cut));
    return {
      text: part.toString('utf8'),
      next: begin + cut + part.length,
      attempt,
      more: bytesRead === LOG_PART,
    };
  } finally {
    await file.close();
  }
}

/** Without a character of UTF-8 at its end that is only there in part: the rest comes with the next bytes. Pure. */
export function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
