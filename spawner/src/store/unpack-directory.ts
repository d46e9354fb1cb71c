import { execFile } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TarEntry } from '../image/index.ts';
import { encodeName } from '../image/index.ts';
import type { RootfsSink } from './rootfs-sink.ts';

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Writes the members into the new directory `out`. No symbolic link is ever followed (T23): every component of every path
 * is a directory that was made here by mkdir(2), which fails on anything that is there, and files are made with O_EXCL
 * and O_NOFOLLOW. Nothing outside the user's rights is used: all belongs to the user, nobody else may write.
 *
 * Calls are synchronous: 60,000 files cost three times as much through the thread pool. Between chunks the loop is free.
 */
export function unpackDirectory(out: string): RootfsSink {
  const made = new Set<string>(['']);
  const directories: TarEntry[] = [];
  let file: { readonly fd: number; readonly mtime: number } | undefined;
  mkdirSync(out, { mode: 0o700 });

  // names are bytes: an image's need not be UTF-8
  const place = (path: string): Buffer => Buffer.concat([Buffer.from(join(out, '/')), encodeName(path)]);
  const makeDirectory = (path: string): void => {
    if (made.has(path)) return;
    makeDirectory(path.slice(0, Math.max(path.lastIndexOf('/'), 0)));
    mkdirSync(place(path), { mode: 0o700 });
    made.add(path);
  };
  const close = (): void => {
    if (file === undefined) return;
    const { fd, mtime } = file;
    file = undefined;
    futimesSync(fd, mtime, mtime);
    closeSync(fd);
  };
  const make = (entry: TarEntry): void => {
    const { path, mtime } = entry;
    const target = entry.target ?? '';
    if (entry.type === 'directory') {
      makeDirectory(path);
      directories.push(entry);
    } else if (entry.type === 'symlink') {
      symlinkSync(encodeName(target), place(path));
      lutimesSync(place(path), mtime, mtime);
    } else if (entry.type === 'hardlink') {
      linkSync(place(target), place(path));
    } else {
      file = { fd: openSync(place(path), NEW_FILE, 0o600), mtime };
      fchmodSync(file.fd, entry.mode & 0o755);
    }
  };
  return {
    failed: new Promise(() => undefined),
    member(entry) {
      close();
      makeDirectory(entry.path.slice(0, Math.max(entry.path.lastIndexOf('/'), 0)));
      make(entry);
    },
    body(bytes) {
      if (file === undefined) return;
      for (let at = 0; at < bytes.length;) at += writeSync(file.fd, bytes, at);
    },
    end: () => close(),
    drain: async () => undefined,
    async finish() {
      close();
      for (const { path, mode, mtime } of directories) {
        chmodSync(place(path), mode & 0o1755);
        utimesSync(place(path), mtime, mtime);
      }
      // one syncfs(2) instead of an fsync(2) a file
      await promisify(execFile)('sync', ['-f', out]);
    },
    async abort() {
      close();
    },
  };
}
