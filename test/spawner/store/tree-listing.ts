import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Everything below a directory, one line each, sorted: path, type, mode, size or target, time, hash of the body and, of files
 * with several names, the first of them. Owners are left out: they mean nothing in a rootfs.
 */
export function listTree(root: string): string[] {
  const lines: string[] = [];
  const inodes = new Map<number, string>();
  const visit = (path: string): void => {
    const full = join(root, path);
    const stat = lstatSync(full);
    const mode = (stat.mode & 0o7777).toString(8);
    const time = Math.floor(stat.mtimeMs / 1000);
    if (stat.isDirectory()) {
      if (path !== '') lines.push(`${path} directory ${mode} ${time}`);
      for (const name of readdirSync(full).sort()) visit(join(path, name));
    } else if (stat.isSymbolicLink()) {
      lines.push(`${path} symlink ${readlinkSync(full)} ${time}`);
    } else if (stat.isFile()) {
      const hash = createHash('sha256').update(readFileSync(full)).digest('hex');
      const first = stat.nlink > 1 ? (inodes.get(stat.ino) ?? path) : path;
      inodes.set(stat.ino, first);
      lines.push(`${path} file ${mode} ${time} ${stat.size} ${hash}${first === path ? '' : ` = ${first}`}`);
    } else {
      lines.push(`${path} other`);
    }
  };
  visit('');
  return lines.sort();
}
