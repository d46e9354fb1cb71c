import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accepts } from './accepts.ts';
import { startDaemon, type Daemon } from './daemon.ts';

export const mungeSocket = (dir: string): string => join(dir, 'munge', 'socket');

/**
 * munged(8) with a key, socket, seed and log of its own; the distribution's service is neither used nor touched.
 * It insists that key and directory belong to the user it runs as, so without root it simply runs as the caller.
 */
export async function startMunge(dir: string, started: (daemon: Daemon) => void): Promise<void> {
  const home = join(dir, 'munge');
  const socket = mungeSocket(dir);
  await mkdir(home, { mode: 0o755 });
  await writeFile(join(home, 'key'), randomBytes(128), { mode: 0o600 });
  const daemon = await startDaemon({
    name: 'munged',
    argv: [
      '/usr/sbin/munged',
      '--foreground',
      // An ordinary user's temporary directory may be closed to others (pam_tmpdir): munged would refuse a socket that
      // not everybody reaches, but here nobody else shall. As root it may go on refusing: then others must reach it.
      ...(process.getuid?.() === 0 ? [] : ['--force']),
      `--key-file=${join(home, 'key')}`,
      `--socket=${socket}`,
      `--pid-file=${join(home, 'pid')}`,
      `--seed-file=${join(home, 'seed')}`,
      `--log-file=${join(dir, 'log', 'munged.log')}`,
    ],
    log: join(dir, 'log', 'munged.out'),
  });
  started(daemon);
  await daemon.waitReady(() => accepts({ path: socket }));
}
