import { watch } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where nothing tells of new names, and between a name's birth and its listening. Milliseconds. */
const LOOK_AGAIN_MS = 4;
/** In case a word of the watch was lost. Milliseconds. */
const AT_LAST_MS = 100;

/**
 * A connection to a socket that a kernel is about to bind: as soon as its name is there (inotify(7)), for each look in
 * between is taken from the kernel that starts. Rejects when the kernel has ended before.
 * @param path absolute; its directory exists
 */
export async function connectWhenBound(path: string, ended: () => boolean): Promise<Socket> {
  for (;;) {
    // before the attempt, so that nothing is born between the two
    const watching = new AbortController();
    const name = born(path, watching.signal);
    try {
      return await connected(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (ended() || (code !== 'ENOENT' && code !== 'ECONNREFUSED')) throw error;
      await (code === 'ENOENT' ? name : sleep(LOOK_AGAIN_MS));
    } finally {
      watching.abort();
    }
  }
}

function connected(path: string): Promise<Socket> {
  const socket = createConnection(path);
  return new Promise((resolve, reject) => {
    socket
      .once('connect', () => resolve(socket.off('error', reject).on('error', () => socket.destroy())))
      .once('error', reject);
  });
}

/** Resolves when that name appears, some time has passed, or nobody waits any more. */
function born(path: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wait = (ms: number): void => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    };
    try {
      const watcher = watch(dirname(path), { signal, persistent: false }, (_, name) => {
        if (name === basename(path)) resolve();
      });
      watcher.on('error', () => wait(LOOK_AGAIN_MS));
      wait(AT_LAST_MS);
    } catch {
      // the user's watches are used up: inotify(7), max_user_watches
      wait(LOOK_AGAIN_MS);
    }
  });
}
