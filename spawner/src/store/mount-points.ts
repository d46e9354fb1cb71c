import type { Digest } from '@berth/schema';
import { followPath, newDirectory, partsOf, type TreeDirectory } from '../image/index.ts';

/** What ch-run and the agent bind onto. */
export const MOUNT_DIRECTORIES = [
  'dev',
  'proc',
  'sys',
  'tmp',
  'run',
  'run/berth',
  'home',
  'mnt',
  'etc',
] as const;
export const MOUNT_FILES = ['etc/passwd', 'etc/group', 'etc/hosts', 'etc/resolv.conf'] as const;

/**
 * Adds the mount points that an image lacks, directories to the tree itself; a squashfs cannot get them later. Links are
 * followed inside the image, also one that leads nowhere (/etc/resolv.conf of a systemd image): the mount would follow it,
 * so its end is made. What is there stays, whatever it is: then the bind fails at the start with its own sentence.
 * @returns paths of the empty files to make
 */
export function addMountPoints(root: TreeDirectory): string[] {
  for (const path of MOUNT_DIRECTORIES) followPath(root, partsOf(path), makeDirectory);
  return MOUNT_FILES.flatMap((path) => missingFile(root, partsOf(path), 0) ?? []);
}

function makeDirectory(parent: TreeDirectory, name: string): TreeDirectory {
  const made = newDirectory(0o755, '' as Digest);
  parent.children.set(name, made);
  return made;
}

/** Where an empty file must be made so that `path` leads to one. */
function missingFile(root: TreeDirectory, path: readonly string[], links: number): string | undefined {
  const name = path.at(-1);
  if (name === undefined || name === '..' || links > 40) return undefined;
  const names = followPath(root, path.slice(0, -1), makeDirectory);
  let parent: TreeDirectory = root;
  for (const step of names ?? []) {
    const next = parent.children.get(step);
    if (next?.type !== 'directory') return undefined;
    parent = next;
  }
  if (names === undefined) return undefined;
  const there = parent.children.get(name);
  if (there === undefined) return [...names, name].join('/');
  if (there.type !== 'symlink') return undefined;
  const target = there.target ?? '';
  return missingFile(root, [...(target.startsWith('/') ? [] : names), ...partsOf(target)], links + 1);
}
