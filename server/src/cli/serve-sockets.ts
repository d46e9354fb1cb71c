import { Failure } from '@berth/schema';
import { once } from 'node:events';
import { chmod, lstat, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { join } from 'node:path';

/** Bytes of a socket's path with its end. Source: unix(7), sun_path. */
const MOST_PATH = 108;

export const SOCKETS = { http: 'http.sock', launch: 'launch.sock' } as const;

/**
 * The directory of the sockets: whoever can enter it can act as the person, so it must be theirs alone (T5, T27).
 * @throws Failure `serve-refused`
 */
export async function checkDirectory(path: string, uid: number): Promise<void> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new Failure('serve-refused', { path, why }, { cause });
  };
  if (!path.startsWith('/')) refuse('it is not an absolute path');
  const longest = Math.max(...Object.values(SOCKETS).map((name) => Buffer.byteLength(join(path, name))));
  if (longest >= MOST_PATH)
    refuse(`the path of a socket in it would have ${longest} bytes, and ${MOST_PATH - 1} are possible`);
  const stat = await lstat(path).catch((cause: NodeJS.ErrnoException) =>
    refuse(`it cannot be looked at (${String(cause.code)})`, cause),
  );
  if (stat.isSymbolicLink() || !stat.isDirectory()) refuse('it is not a directory');
  if (stat.uid !== uid) refuse('it belongs to somebody else');
  if ((stat.mode & 0o077) !== 0) refuse(`others may enter it (mode ${(stat.mode & 0o777).toString(8)})`);
}

/**
 * Listen on a socket with mode 0600; one that a killed server left is replaced, one that is answered is not.
 * @returns whether a killed server had left one there
 * @throws Failure `serve-refused`
 */
export async function listenAt(server: Server, path: string): Promise<boolean> {
  const old = await lstat(path).catch(() => undefined);
  if (old !== undefined) {
    if (!old.isSocket() || (await answers(path)))
      throw new Failure('serve-refused', { path, why: 'something is there that is in use, or no socket' });
    await rm(path, { force: true });
  }
  server.listen(path);
  await once(server, 'listening');
  // nobody comes by in between: the directory is ours alone
  await chmod(path, 0o600);
  return old !== undefined;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
