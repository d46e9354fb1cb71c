import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, lstat, chmod } from 'node:fs/promises';
import { hostname } from 'node:os';
import { Failure, type Rootfs } from '@berth/schema';
import { HOLDER_SCRIPT } from './holder-script.ts';

/** The process that keeps a kernel's user and mount namespace, with the image mounted in it. */
export interface Holder {
  readonly pid: number;
  /** mount point as seen inside the namespace */
  readonly mountPoint: string;
  /** the runtime directory (the kernel's sockets) as reachable from outside, short enough for a socket's path */
  readonly runtime: string;
  /** Ends it and, when it was the last one inside, all its mounts. May be called twice. */
  release(): void;
}

export interface HolderOptions {
  readonly rootfs: Rootfs;
  readonly mountPoint: string;
  readonly squashfuse: string;
  /** absolute paths that must exist inside, for bind mounts */
  readonly points: readonly string[];
  readonly uid: number;
  readonly env: Readonly<Record<string, string>>;
}

const READY_TIMEOUT_MS = 30_000;

/**
 * Starts a holder: `unshare -Um --map-current-user --keep-caps`, no privilege and no setuid helper. It lives as long as
 * this process (a pipe, and a death signal) and ends with it.
 * Source: user_namespaces(7), mount_namespaces(7).
 * @throws Failure `namespace-failed` with the last words of the tool that failed
 */
export async function startHolder(options: HolderOptions): Promise<Holder> {
  const { rootfs, mountPoint, squashfuse, points, uid, env } = options;
  await prepareMountPoint(mountPoint, uid);
  const fuse = rootfs.format === 'squashfs' ? squashfuse : '';
  const child = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'unshare', '--user', '--mount', '--map-current-user', '--keep-caps'],
      ...[
        '--propagation',
        'private',
        'sh',
        '-c',
        HOLDER_SCRIPT,
        'berth-holder',
        mountPoint,
        rootfs.path,
        fuse,
        ...points,
      ],
    ],
    { env: { PATH: env['PATH'] ?? '/usr/bin:/bin' }, stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  await untilReady(child);
  const pid = child.pid;
  if (pid === undefined) throw failed('the holder has no process id');
  child.stdin.on('error', () => undefined);
  return {
    pid,
    mountPoint,
    runtime: `/proc/${pid}/cwd`,
    release: () => {
      child.stdin.end();
      child.kill('SIGKILL');
    },
  };
}

/** The one directory that stays: empty, ours, 0700; only ever mounted over, and never in the host's namespace. */
async function prepareMountPoint(path: string, uid: number): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== uid) throw failed(`${path} is not a directory of uid ${uid}`);
  if ((found.mode & 0o077) !== 0) await chmod(path, 0o700);
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let complaint = '';
    let said = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(failed(`not ready after ${READY_TIMEOUT_MS / 1000} s`));
    }, READY_TIMEOUT_MS);
    child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (complaint = (complaint + text).slice(-2000)));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('ready\n')) {
        clearTimeout(timer);
        resolve();
      }
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(failed(error.message, error));
    });
    child.once('close', () => {
      clearTimeout(timer);
      reject(failed(complaint.trim().split('\n').pop() ?? 'the holder ended at once'));
    });
  });
}

function failed(why: string, cause?: unknown): Failure {
  return new Failure('namespace-failed', { node: hostname(), why }, { cause });
}
