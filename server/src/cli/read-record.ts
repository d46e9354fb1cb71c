import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BERTH_FILE, Failure, readLaunchRecord, type LaunchRecord } from '@berth/schema';

/** A record of more than this is none of ours: the largest part of it is the environment of an image. */
const MAX_BYTES = 8 * 1024 ** 2;

/**
 * The launch record beside a kernelspec. Owner, kind and size are asked of the open file: asked of its name, another could be
 * there when it is read. Never waits: the name could be that of a pipe.
 * @param uid of the person who starts the kernel
 * @throws Failure `kernelspec-invalid`
 */
export function readRecord(specDirectory: string, uid: number | undefined): LaunchRecord {
  const path = join(specDirectory, BERTH_FILE);
  let read: LaunchRecord | string;
  try {
    read = recordIn(path, uid);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'it is not there' : message;
    throw new Failure('kernelspec-invalid', { path, why }, { cause });
  }
  if (typeof read === 'string') throw new Failure('kernelspec-invalid', { path, why: read });
  return read;
}

function recordIn(path: string, uid: number | undefined): LaunchRecord | string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return 'it is not a regular file';
    if (stat.size > MAX_BYTES) return `it is longer than ${MAX_BYTES} bytes`;
    return readLaunchRecord(readFileSync(file, 'utf8'), stat.uid === 0 || stat.uid === uid);
  } finally {
    closeSync(file);
  }
}
