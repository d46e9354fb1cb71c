import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { credentialsText, type CephKeys } from '../cluster/ceph.ts';
import type { ClusterUser } from '../cluster/users.ts';

/** As AWS's tools leave them, in her own home, which the nodes have too. */
export async function login(user: ClusterUser, keys: CephKeys): Promise<void> {
  const directory = join(user.home, '.aws');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'credentials'), credentialsText(keys), { mode: 0o600 });
  await chown(directory, user.uid, user.gid);
  await chown(join(directory, 'credentials'), user.uid, user.gid);
}
