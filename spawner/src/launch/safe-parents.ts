import { lstatSync, mkdirSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';

export interface Owner {
  readonly uid: number;
  readonly home: string;
}

const MAX_LINKS = 40;

/**
 * Makes the missing directories above `path`, 0700, and says in one sentence who else could put something of theirs in
 * its place; undefined when nobody could (T5). Looking only at `path` itself is not enough: whoever may rename a directory
 * above it exchanges it between our look and our use. Followed as the kernel follows it, each link on the way included.
 * Above the person's home anything goes: who can replace that has everything already.
 * Synchronous, because it is a dozen lstat(2) on the way of a start.
 * Source: path_resolution(7), and sshd's StrictModes for the idea.
 * @throws the file system's own error when a directory cannot be made
 */
export function makeSafeParents(path: string, { uid, home }: Owner): string | undefined {
  return walk(path, { uid, home: realPath(home) }, 0);
}

function walk(path: string, owner: Owner, links: number): string | undefined {
  let at = '';
  let mine = false;
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  for (const [index, name] of names.entries()) {
    const next = `${at}/${name}`;
    const rest = names.slice(index + 1).join('/');
    // from the top again: what counts above may be another directory now
    if (name === '..') return walk(`${dirname(at)}/${rest}`, owner, links);
    const found = lstatSync(next, { throwIfNoEntry: false }) ?? (rest === '' ? undefined : make(next));
    if (found?.isSymbolicLink()) {
      if (!mine && found.uid !== 0 && found.uid !== owner.uid)
        return `the link ${next} belongs to uid ${found.uid}`;
      if (links === MAX_LINKS) return `too many links at ${next}`;
      const target = readlinkSync(next);
      return walk(`${target.startsWith('/') ? '' : at}/${target}/${rest}`, owner, links + 1);
    }
    if (found === undefined || rest === '') return undefined;
    if (!found.isDirectory()) return `${next} is not a directory`;
    if (!mine) {
      const why = isAbove(next, owner.home) ? undefined : otherHand(next, found, owner.uid);
      if (why !== undefined) return why;
      // nobody else gets through here, whatever the modes below are
      mine = found.uid === owner.uid && (found.mode & 0o011) === 0;
    }
    at = next;
  }
  return undefined;
}

/** Somebody else may be first: what is there then is looked at like everything else. */
function make(path: string): Stats {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return lstatSync(path);
}

function otherHand(directory: string, { uid, gid, mode }: Stats, me: number): string | undefined {
  if (uid !== 0 && uid !== me) return `${directory} above it belongs to uid ${uid}`;
  // in a sticky directory only owners rename and remove
  if ((mode & 0o1000) !== 0) return undefined;
  if ((mode & 0o002) !== 0) return `everybody may write in ${directory} above it`;
  // a person's own directory for a group is that person's decision; a group of one is usual
  if ((mode & 0o020) !== 0 && uid !== me && gid !== 0)
    return `group ${gid} may write in ${directory} above it`;
  return undefined;
}

const isAbove = (directory: string, home: string): boolean =>
  home === directory || home.startsWith(`${directory}/`);

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
