import { Failure } from '@berth/schema';
import { constants } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** A configuration of more than this is not one. Bytes. */
const MAX_BYTES = 1024 ** 2;

/** A pipe (`--config <(...)`) is looked at so often. Milliseconds. */
const LOOK_AGAIN = 20;

const invalid = (file: string, why: string, cause?: unknown): Failure =>
  new Failure('config-invalid', { file, why }, { cause });
const unreadable = (file: string, cause: unknown): Failure => {
  const code = String((cause as NodeJS.ErrnoException).code);
  return invalid(file, WORDS[code] ?? `it cannot be read (${code})`, cause);
};
/** What a person can mend without knowing the system's words. */
const WORDS: Readonly<Record<string, string>> = {
  EISDIR: 'it is a directory',
  EACCES: 'you may not read it (EACCES): make it readable for you',
};

/** The least that a configuration says. One line, since a hint is one. */
const EXAMPLE = 'sources: {lab: {type: registry, url: "https://registry.example.org"}}';

/**
 * The first of these files that is there, and its text. Only an absent one is passed over: an unreadable one, or a link to
 * nowhere, is somebody's configuration, and the next in the list would silently be another.
 * @throws Failure `config-missing`, `config-invalid`
 */
export async function readConfig(
  files: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly file: string; readonly text: string }> {
  for (const file of files) {
    const handle = await openThere(file);
    if (handle === undefined) continue;
    try {
      return { file, text: textOf(file, await bytesOf(file, handle, signal)) };
    } finally {
      await handle.close();
    }
  }
  throw new Failure('config-missing', { file: files.join(' or '), example: EXAMPLE });
}

/** Never waits: without O_NONBLOCK the opening of a pipe lasts until somebody writes, and no signal ends it. */
async function openThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw unreadable(file, cause);
    const named = await lstat(file).catch(() => undefined);
    if (named !== undefined) throw invalid(file, 'it is a link to a file that is not there', cause);
    return undefined;
  }
}

/** To its end, in as many reads as it takes: a pipe gives at most 64 KiB at once. */
async function bytesOf(file: string, handle: FileHandle, signal?: AbortSignal): Promise<Uint8Array> {
  const buffer = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  for (;;) {
    signal?.throwIfAborted();
    const read = await readOnce(file, handle, buffer, length);
    if (read === 'nothing yet') {
      await wait(LOOK_AGAIN, undefined, { signal });
      continue;
    }
    length += read;
    if (length > MAX_BYTES) throw invalid(file, `it is longer than ${MAX_BYTES} bytes`);
    if (read > 0) continue;
    if (length === 0 && (await handle.stat()).isFIFO())
      throw invalid(file, 'it is a pipe that gives nothing');
    return buffer.subarray(0, length);
  }
}

async function readOnce(
  file: string,
  handle: FileHandle,
  buffer: Buffer,
  at: number,
): Promise<number | 'nothing yet'> {
  try {
    return (await handle.read(buffer, at, buffer.length - at, null)).bytesRead;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EAGAIN') return 'nothing yet';
    // a directory can be opened, and is then refused
    throw unreadable(file, cause);
  }
}

function textOf(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalid(file, 'it is not text in UTF-8', cause);
  }
}
