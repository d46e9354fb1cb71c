import { execFile } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ClusterUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** Asking for one that is missing throws. */
export interface ClusterUsers {
  readonly alice: ClusterUser;
  readonly bob: ClusterUser;
  /** who starts the cluster: root, or the only user of a cluster without root */
  readonly caller: ClusterUser;
}

/** Tests side by side have people of their own: what one looks for as left behind is not the other's. */
const worker = Number(process.env.JEST_WORKER_ID ?? 1);
const pair = worker > 1 ? String(worker) : '';

/** bob's home lies outside /home, as it does at many sites. */
const wanted = {
  alice: { name: `berth-alice${pair}`, home: `/home/berth-alice${pair}` },
  bob: { name: `berth-bob${pair}`, home: `/srv/berth-homes/berth-bob${pair}` },
} as const;

/** Their names, known before they are made. */
export const [ALICE, BOB] = [wanted.alice.name, wanted.bob.name];

/**
 * Makes the two ordinary users where they are missing. They stay after the cluster: accounts without a
 * password, and another cluster may be using them. Needs root.
 */
export async function ensureUsers(): Promise<ClusterUsers> {
  for (const { name, home } of Object.values(wanted)) {
    if (lookUp(name) === null) await add(name, home);
    await chmod(home, 0o700);
  }
  return existingUsers();
}

/** The users as they are. */
export function existingUsers(): ClusterUsers {
  return {
    get alice() {
      return found(wanted.alice.name);
    },
    get bob() {
      return found(wanted.bob.name);
    },
    get caller() {
      // of the system call, not of $USER; getpwuid(3), so that a user of a directory service is known too
      const { username: name, uid, gid, homedir: home } = userInfo();
      return { name, uid, gid, home };
    },
  };
}

async function add(name: string, home: string): Promise<void> {
  await mkdir(dirname(home), { recursive: true, mode: 0o755 });
  const argv = [
    ...['-K', 'UID_MIN=2000', '-K', 'GID_MIN=2000', '-K', 'HOME_MODE=0700'],
    ...['--user-group', '--create-home', '--home-dir', home, '--shell', '/bin/bash', name],
  ];
  for (let tries = 0; ; tries++) {
    try {
      await run('/usr/sbin/useradd', argv);
      return;
    } catch (error) {
      // Another cluster starts at the same time: it has just made the user, or holds the lock of /etc/passwd.
      if (lookUp(name) !== null) return;
      if (tries === 20) throw error;
      await sleep(100);
    }
  }
}

function found(name: string): ClusterUser {
  const user = lookUp(name);
  if (user === null) throw new Error(`user ${name} is missing: start a cluster with users`);
  return user;
}

/** passwd(5). The test users are local, so no name service is asked. */
function lookUp(name: string): ClusterUser | null {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [login, , uid, gid, , home] = line.split(':');
    if (login === name && home !== undefined) return { name, uid: Number(uid), gid: Number(gid), home };
  }
  return null;
}
