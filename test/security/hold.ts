/**
 * Makes a node ready for a kernel again and again, as an ordinary user: what a launch does with the mount point and the
 * store before any kernel runs. Arguments: mount point, store, directory that stands for a rootfs, how often, and how often each
 * time it looks which root file system a kernel would get. One line of JSON for each try: what was found, or the failure's
 * code and sentence.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { startHolder } from '../../spawner/src/launch/holder.ts';

const [mountPoint = '', store = '', rootfs = '', times = '1', looks = '1'] = process.argv.slice(2);
const { homedir: home } = userInfo();

for (let i = 0; i < Number(times); i++) {
  const line = await once().catch((error: Error & { code?: string }) => ({
    code: error.code ?? error.name,
    sentence: error.message,
  }));
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
// what was written goes out first
process.stdout.write('', () => process.exit(0));

async function once(): Promise<object> {
  const holder = await startHolder({
    // beside this bundle, with or without its guards
    program: join(dirname(process.argv[1] ?? ''), 'berth-place'),
    path: '/usr/bin:/bin',
    home,
    mountPoint,
    store: store === '' ? join(home, 'store') : store,
    rootfs: { format: 'directory', path: rootfs },
    squashfuse: 'squashfuse_ll',
  });
  try {
    const runtime = `/proc/${holder.pid}/cwd`;
    // what a launch writes for the kernel, where it writes it
    writeFileSync(`${runtime}/connection.json`, 'secret of alice', { mode: 0o600 });
    const { mode, uid: owner } = statSync(runtime);
    const inside = ['nsenter', '-t', String(holder.pid), '-U', '-m', '--preserve-credentials'];
    const argv = [...inside, 'cat', `${mountPoint}/root/marker`] as const;
    let root = '';
    for (let look = 0; look < Number(looks) && root !== 'of bob'; look++) {
      try {
        root = execFileSync(argv[0] ?? '', argv.slice(1), { encoding: 'utf8', stdio: 'pipe' });
      } catch (error) {
        if (look + 1 === Number(looks)) throw error;
      }
    }
    return { mode: (mode & 0o777).toString(8), owner, root, names: readdirSync(runtime) };
  } finally {
    await holder.release();
    try {
      // so that each try has to make it again
      rmdirSync(mountPoint);
    } catch {
      // not hers
    }
  }
}
