/**
 * `unshare -Um --map-current-user --keep-caps node mounted-listing.ts SQFS MOUNT_POINT`: mounts in the namespaces it runs in,
 * prints the listing as JSON; the mount goes away with it.
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { listTree } from './tree-listing.ts';

const [file = '', mountPoint = ''] = parseArgs({ allowPositionals: true }).positionals;
execFileSync('squashfuse_ll', [file, mountPoint]);
try {
  process.stdout.write(JSON.stringify(listTree(mountPoint)));
} finally {
  execFileSync('umount', [mountPoint]);
}
