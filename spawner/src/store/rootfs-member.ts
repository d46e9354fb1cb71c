import type { PlannedMember, SyntheticMember } from './plan-rootfs.ts';
import type { TarEntry } from '../image/index.ts';

/** squashfs keeps times in 32 bits. */
const LATEST = 2 ** 32 - 1;

/**
 * A layer's entry as it goes into the rootfs: at its final place, owned by root, without setuid and setgid, readable by the
 * user whatever the image says (uids mean nothing there: one user owns the mount). The sticky bit of a directory stays.
 */
export function rootfsMember(entry: TarEntry, { path }: PlannedMember): TarEntry {
  const mtime = Math.min(Math.max(entry.mtime, 0), LATEST);
  return { ...entry, path, mode: modeOf(entry), uid: 0, gid: 0, mtime };
}

function modeOf({ type, mode }: TarEntry): number {
  if (type === 'directory') return (mode & 0o1777) | 0o700;
  return type === 'symlink' ? 0o777 : (mode & 0o777) | 0o400;
}

/** Another name of a member that was given before. */
export function linkMember(member: TarEntry, path: string): TarEntry {
  if (member.type === 'symlink') return { ...member, path };
  return { ...member, type: 'hardlink', path, target: member.path, size: 0 };
}

export const syntheticMember = ({ type, path }: SyntheticMember): TarEntry => ({
  type,
  path,
  mode: type === 'directory' ? 0o755 : 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
});
