/**
 * Makes a node ready for a kernel again and again, as an ordinary user: what a launch does with the mount point and the
 * store before any kernel runs. Arguments: mount point, store, directory that stands for a rootfs, how often, and how often each
 * time it looks which root file system a kernel would get. One line of JSON for each try: what was found, or the failure's
 * code and sentence.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { NodePlan } from '@berth/schema';
import { prepareNode } from '../../spawner/src/launch/node-kernel.ts';
import { rootfsOfPlan } from '../../spawner/src/launch/rootfs-of-plan.ts';

const [mountPoint = '', store = '', rootfs = '', times = '1', looks = '1'] = process.argv.slice(2);
const { uid, homedir } = userInfo();
const digest = `sha256:${'a'.repeat(64)}`;
const plan = {
  launchId: '0123456789abcdef',
  image: { digest, ref: { source: 'lab', repository: 'nothing', tag: '1' }, layers: [] },
  source: { type: 'registry', url: 'http://127.0.0.1:1' },
  limits: {},
  store: { path: store, format: 'squashfs', compression: 'zstd' },
  node: { mountPoint, squashfuse: 'squashfuse_ll', chRun: 'ch-run', tar2sqfs: 'tar2sqfs' },
  container: { cwd: '/', mounts: [], env: {}, argv: [] },
  home: homedir,
} as unknown as NodePlan;

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
  const { holder } = await prepareNode(plan, {
    env: process.env,
    uid,
    output: process.stderr,
    log: () => undefined,
    stage: () => undefined,
    rootfs: async () => {
      if (store !== '') await rootfsOfPlan(plan, {}, () => undefined, AbortSignal.timeout(10_000));
      return { digest, format: 'directory', path: rootfs } as Awaited<ReturnType<typeof rootfsOfPlan>>;
    },
  });
  try {
    // what a launch writes for the kernel, where it writes it
    writeFileSync(`${holder.runtime}/connection.json`, 'secret of alice', { mode: 0o600 });
    const { mode, uid: owner } = statSync(holder.runtime);
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
    return { mode: (mode & 0o777).toString(8), owner, root, names: readdirSync(holder.runtime) };
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
