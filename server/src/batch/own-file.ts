import { constants } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';

/** Never through a link that somebody put where a file of ours should be, and never waiting at a pipe (T41). */
const SAFELY = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a regular file to read it. What it is, is asked of the open file: asked of its name, another could be there when it is
 * read.
 * @throws Error with a sentence when it is a link or no file; the system's error else
 */
export async function openRegular(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | SAFELY).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ELOOP') throw new Error('it is a symbolic link', { cause: error });
    throw error;
  });
  try {
    if (!(await file.stat()).isFile()) throw new Error('it is not a regular file');
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The whole of a regular file. @throws as `openRegular`, and when it is longer than `most` bytes */
export async function readRegular(path: string, most: number): Promise<Buffer> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    if (size > most) throw new Error(`it is longer than ${most} bytes`);
    // one more than allowed: it may have grown meanwhile
    const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(size, most) + 1), 0, undefined, 0);
    if (bytesRead > most) throw new Error(`it is longer than ${most} bytes`);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A new file with mode 0600, whole or not there at all. @throws when something has that name */
export async function writeNew(path: string, content: string | Buffer): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | SAFELY, 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The whole file anew, or as it was. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const aside = `${path}.${randomBytes(8).toString('hex')}.new`;
  try {
    await writeNew(aside, content);
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/** A directory that was not there before, for the person alone; those above it are made as well. */
export async function makePrivate(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await mkdir(path, { mode: 0o700 });
}
