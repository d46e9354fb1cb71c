import { lstatSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

/**
 * The notebook that a kernel is started for, as Jupyter's contents API names it; `""` when there is none. jupyter_server puts
 * `<directory of the notebook>/<name of the session>` into the kernel's environment, absolute, and the path of the contents
 * API where a session has no name; a console's is the name of its tab, of which there is no file. Below the root by
 * components, not as a prefix (T30).
 * Source: jupyter_server.services.sessions.sessionmanager `get_kernel_env`.
 * @param session JPY_SESSION_NAME
 * @param root Jupyter's root directory, absolute
 */
export function sessionPath(session: string | undefined, root: string | undefined): string {
  if (session === undefined || session === '' || root === undefined || !isAbsolute(root)) return '';
  const file = isAbsolute(session) ? resolve(session) : join(root, session);
  const path = relative(root, file);
  const outside = path === '' || isAbsolute(path) || path.split(sep).includes('..');
  if (outside || path.length > 4096 || /\p{Cc}/u.test(path)) return '';
  return lstatSync(file, { throwIfNoEntry: false })?.isDirectory() === false ? path : '';
}
