import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, lstat, chmod } from 'node:fs/promises';
import { hostname } from 'node:os';
import { Failure, isFailure, type Rootfs } from '@berth/schema';
import { ASKED_FILE, HOLDER_SCRIPT } from './holder-script.ts';
import { makeSafeParents, type Owner } from './safe-parents.ts';

/** The process that keeps a kernel's user and mount namespace, with the image mounted in it. */
export interface Holder {
  readonly pid: number;
  /** mount point as seen inside the namespace */
  readonly mountPoint: string;
  /** the runtime directory (the kernel's sockets) as reachable from outside, short enough for a socket's path */
  readonly runtime: string;
  /** file with what the mount was asked, when that was wanted */
  readonly asked: string;
  /** Resolves when it has ended, whoever did it: nothing of the image can be read any more then. */
  readonly ended: Promise<void>;
  /** Ends it and, when it was the last one inside, all its mounts. May be called twice. */
  release(): Promise<void>;
}

export interface HolderOptions {
  readonly rootfs: Rootfs;
  readonly mountPoint: string;
  readonly squashfuse: string;
  /** part of the image's tree, unpacked, which is laid over its mount */
  readonly hot?: string | undefined;
  /** whether squashfuse_ll is to write down what it is asked */
  readonly asked?: boolean;
  /** what is put before the command line */
  readonly wrapper?: readonly string[];
  /** absolute paths that must exist inside, for bind mounts */
  readonly points: readonly string[];
  readonly owner: Owner;
  readonly env: Readonly<Record<string, string>>;
}

const READY_TIMEOUT_MS = 30_000;
/** Time that a holder has to end FUSE and itself. */
const RELEASE_MS = 500;

/**
 * Starts a holder: `unshare -Um --map-current-user --keep-caps`, no privilege and no setuid helper. It lives as long as
 * this process (a pipe, and a death signal) and ends with it.
 * Source: user_namespaces(7), mount_namespaces(7).
 * @throws Failure `mount-point-refused`; `namespace-failed` with the last words of the tool that failed
 */
export async function startHolder(options: HolderOptions): Promise<Holder> {
  const {
    rootfs,
    mountPoint,
    squashfuse,
    hot = '',
    asked = false,
    wrapper = [],
    points,
    owner,
    env,
  } = options;
  await prepareMountPoint(mountPoint, owner);
  const fuse = rootfs.format === 'squashfs' ? squashfuse : '';
  const [command = '', ...args] = [...wrapper, 'setpriv'];
  const child = spawn(
    command,
    [
      ...args,
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
        hot,
        asked ? '-d' : '',
        ...points,
      ],
    ],
    { env: { PATH: env['PATH'] ?? '/usr/bin:/bin' }, stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await untilReady(child);
  const pid = child.pid;
  if (pid === undefined) throw failed('the holder has no process id');
  child.stdin.on('error', () => undefined);
  return {
    pid,
    mountPoint,
    runtime: `/proc/${pid}/cwd`,
    asked: `/proc/${pid}/cwd/../${ASKED_FILE}`,
    ended: gone,
    release: async () => {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), RELEASE_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}

/**
 * The one directory that stays: empty, ours, 0700; only ever mounted over, and never in the host's namespace. Refused
 * where somebody else has been first, or could exchange it while it is used (T5).
 */
async function prepareMountPoint(path: string, owner: Owner): Promise<void> {
  const refused = (why: string, cause?: unknown) =>
    new Failure('mount-point-refused', { path, why }, { cause });
  try {
    const why = makeSafeParents(path, owner);
    if (why !== undefined) throw refused(why);
    await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const found = await lstat(path);
    if (!found.isDirectory()) throw refused('it is not a directory');
    if (found.uid !== owner.uid) throw refused(`it belongs to uid ${found.uid}`);
    if ((found.mode & 0o777) !== 0o700) await chmod(path, 0o700);
  } catch (error) {
    throw isFailure(error) ? error : refused((error as Error).message, error);
  }
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
