import { components, type RootfsTree } from './rootfs-tree.ts';

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
 * Adds the mount points that an image lacks. A squashfs cannot get them later. Links are followed inside the image, also
 * one that leads nowhere (/etc/resolv.conf of a systemd image): the mount would follow it, so its end is made.
 * What is there stays, whatever it is: then the bind fails at the start with its own sentence.
 */
export function addMountPoints(tree: RootfsTree): void {
  for (const path of MOUNT_DIRECTORIES) tree.directory(components(path), 'missing');
  for (const path of MOUNT_FILES) addFile(tree, components(path), 0);
}

function addFile(tree: RootfsTree, path: readonly string[], links: number): void {
  const name = path.at(-1);
  if (name === undefined || name === '..') return;
  const parent = tree.directory(path.slice(0, -1), 'missing');
  const there = parent?.children.get(name);
  if (there === undefined) {
    parent?.children.set(name, { kind: 'file', origin: undefined });
  } else if (there.kind === 'symlink' && links < 40) {
    const base = there.target.startsWith('/') ? [] : path.slice(0, -1);
    addFile(tree, [...base, ...components(there.target)], links + 1);
  }
}
