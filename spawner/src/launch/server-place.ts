import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';

/** Name of the launchers' socket in the user server's directory. */
export const LAUNCH_SOCKET = 'launch.sock';

export type ServerPlace =
  /** `path` leads to the socket for as long as `close` was not called */
  | { readonly kind: 'there'; readonly path: string; readonly close: () => void }
  /** not (yet): the server may be starting */
  | { readonly kind: 'absent'; readonly why: string }
  /** somebody else could answer in its place (T5) */
  | { readonly kind: 'untrusted'; readonly why: string };

/**
 * Opens the user server's directory and looks at the open one, so that nothing can be put in its place between the look and
 * the use: the socket's path goes through the descriptor, which also keeps it shorter than the 108 bytes of a socket's name.
 * In a directory of ours into which only we may write, nobody else can make a socket.
 */
export function openServerPlace(directory: string, uid: number): ServerPlace {
  let fd: number;
  try {
    fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { kind: 'absent', why: `there is no ${directory}` };
    return { kind: 'untrusted', why: `${directory} is not a directory that can be used (${String(code)})` };
  }
  const path = `/proc/self/fd/${fd}/${LAUNCH_SOCKET}`;
  const found = lookAt(fd, path, directory, uid);
  if (found === undefined) return { kind: 'there', path, close: () => closeSync(fd) };
  closeSync(fd);
  return found;
}

function lookAt(fd: number, path: string, directory: string, uid: number): ServerPlace | undefined {
  const { uid: owner, mode } = fstatSync(fd);
  if (owner !== uid) return { kind: 'untrusted', why: `${directory} belongs to uid ${owner}` };
  if ((mode & 0o022) !== 0) return { kind: 'untrusted', why: `others may write in ${directory}` };
  const socket = lstatSync(path, { throwIfNoEntry: false });
  if (socket === undefined) return { kind: 'absent', why: `there is no ${LAUNCH_SOCKET} in ${directory}` };
  if (!socket.isSocket() || socket.uid !== uid)
    return { kind: 'untrusted', why: `${LAUNCH_SOCKET} in ${directory} is not a socket of uid ${uid}` };
  return undefined;
}
