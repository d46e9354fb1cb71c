import { mkdtemp, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt, fine, problem, type Check } from './check.ts';

/** As the launcher enters its namespaces. */
const ENTER = ['unshare', '--user', '--mount', '--map-current-user', '--keep-caps'] as const;

export const userNamespaces: Check = {
  name: 'user namespaces',
  look: async ({ run }) => {
    const { status, text } = await attempt(run, [...ENTER, 'true']);
    return status === 0
      ? fine('an ordinary user can make user and mount namespaces')
      : problem(
          `an ordinary user cannot make them: ${text}`,
          'Set the sysctls user.max_user_namespaces > 0, kernel.unprivileged_userns_clone=1 (Debian) and kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu).',
        );
  },
};

/** A constant; the directory is its argument. What it mounts is gone with its namespace. */
const OVERLAY = `set -e
mount -t tmpfs berth "$1"
mkdir "$1/a" "$1/b" "$1/c"
mount -t overlay -o "ro,userxattr,lowerdir=$1/a:$1/b" berth "$1/c"`;

export const overlay: Check = {
  name: 'overlayfs',
  look: async ({ run, temporary }) => {
    const directory = await mkdtemp(join(temporary, 'berth-doctor-'));
    try {
      const { status, text } = await attempt(run, [...ENTER, 'sh', '-c', OVERLAY, 'sh', directory]);
      return status === 0
        ? fine('can be mounted in a user namespace')
        : problem(
            `cannot be mounted in a user namespace: ${text}`,
            'Use Linux 5.11 or newer, with the overlay module loaded.',
          );
    } finally {
      await rmdir(directory);
    }
  },
};
