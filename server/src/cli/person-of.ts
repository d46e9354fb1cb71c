import { userInfo } from 'node:os';

/** Whoever runs this, as the system's directory of accounts has them. */
export function personOf(): { name: string; uid: number; home: string; shell: string } {
  const { username, uid, homedir, shell } = userInfo();
  return { name: username, uid, home: homedir, shell: shell ?? '/bin/sh' };
}
