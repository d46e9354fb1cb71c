import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runAs } from '../cluster/as-user.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { readProc, readStat } from '../cluster/process-identity.ts';
import { until } from '../cluster/until.ts';
import type { PersonArea } from './site.ts';

export interface Whose {
  readonly cluster: Cluster;
  readonly area: PersonArea;
  /** shared files that were there before: the result of sharedFiles() */
  readonly before: ReadonlySet<string>;
  /** what may be there: the tests' own clients, and the connection files that these hold */
  readonly except: { readonly pids: readonly number[]; readonly files: readonly string[] };
}

/** Everything that a person's kernels have left, one sentence each: processes, jobs, mounts, sockets, files. */
export async function leftoversOf(whose: Whose): Promise<readonly string[]> {
  const found = [...processes(whose), ...mounts(whose), ...sockets(whose), ...files(whose)];
  return [...found, ...(await jobsOf(whose))];
}

export async function untilClean(whose: Whose, ms: number): Promise<void> {
  let left: readonly string[] = [];
  const clean = await until(
    async () => {
      left = await leftoversOf(whose);
      return left.length === 0;
    },
    ms,
    50,
  );
  if (!clean) throw new Error(`left after ${ms} ms:\n${left.join('\n')}`);
}

export async function jobsOf({ cluster, area }: Whose): Promise<string[]> {
  const { user } = area;
  const argv = ['squeue', '--noheader', `--user=${user.name}`, '--format=job %i %T %r %j'];
  const { stdout, stderr, status } = await runAs(user, cluster.env, argv);
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** By uid, and by what it or an ancestor shows of this cluster: others may be at work here as the same person. */
export function pidsOf({ area, cluster, except }: Whose): readonly number[] {
  return allPids().filter(
    (pid) => !except.pids.includes(pid) && uidOf(pid) === area.user.uid && isOf(pid, cluster),
  );
}

function processes(whose: Whose): string[] {
  return pidsOf(whose)
    .map((pid) => [pid, (readProc(pid, 'cmdline') ?? '').replaceAll('\0', ' ').slice(0, 200)] as const)
    .filter(([pid]) => uidOf(pid) !== undefined)
    .map(([pid, argv]) => `process ${pid} ${argv}`);
}

/** Undefined for one that has ended, also when its parent has not yet asked for its status. */
export function uidOf(pid: number): number | undefined {
  const status = readProc(pid, 'status') ?? '';
  if (/^State:\s+[ZX]/m.test(status)) return undefined;
  const uid = /^Uid:\s+(\d+)/m.exec(status)?.[1];
  return uid === undefined ? undefined : Number(uid);
}

function isOf(pid: number, { dir, nodes }: Cluster): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = readStat(at)?.parent) {
    const shown = [readProc(at, 'cmdline'), readProc(at, 'environ'), ...openFiles(at)].join('\0');
    if (shown.includes(dir)) return true;
    const group = /\/slurm_(\w+)/.exec(readProc(at, 'cgroup') ?? '')?.[1];
    if (group !== undefined) return nodes.includes(group);
  }
  return false;
}

/** Only slurmstepd shows its cluster nowhere else. */
function openFiles(pid: number): string[] {
  if (readProc(pid, 'comm')?.trim() !== 'slurmstepd') return [];
  const fds = join('/proc', String(pid), 'fd');
  try {
    return readdirSync(fds).map((fd) => readlinkSync(join(fds, fd)));
  } catch {
    return [];
  }
}

/** In the host's namespace, and in any other that a process still holds. All mounts of a kernel are on that one. */
function mounts({ area }: Whose): string[] {
  const seen = new Map<string, string>();
  for (const pid of allPids()) {
    try {
      const namespace = readlinkSync(`/proc/${pid}/ns/mnt`);
      if (!seen.has(namespace)) seen.set(namespace, readFileSync(`/proc/${pid}/mountinfo`, 'utf8'));
    } catch {
      // ended meanwhile
    }
  }
  const lines = [...seen.values()].flatMap((text) => text.split('\n'));
  return lines
    .map((line) => line.split(' ')[4] ?? '')
    .flatMap((at) => (at === area.mountPoint ? [`mount ${at}`] : []));
}

/** Bound to a path: of ours, or the name that a kernel's sockets have inside. */
function sockets({ area }: Whose): string[] {
  const paths = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((line) => line.split(/\s+/)[7] ?? '')
    .filter((path) => isBelow(path, area.area) || isBelow(path, area.user.home));
  return paths.map((path) => `socket ${path}`);
}

const isBelow = (path: string, directory: string): boolean =>
  path.startsWith(`${directory}/`) || path === directory;

function files({ area, except, before }: Whose): string[] {
  const { runtime, temporary, mountPoint, store, user } = area;
  const own = [runtime, temporary, mountPoint, join(store, 'tmp')].flatMap(pathsIn);
  const shared = sharedFiles(user.uid).filter((path) => !before.has(path));
  return [...own, ...shared, ...pathsIn(user.home).filter(isSocket)]
    .filter((path) => !except.files.includes(path))
    .filter((path) => !KEPT.test(basename(path)))
    .map((path) => `file ${path}`);
}

/** What belongs to a Jupyter server. */
const KEPT = /^(?:jpserver-.*|jupyter_cookie_secret)$/;

/** That person's files in places that all share. Python's temporary files of ours are in a directory of
 * their own, other tests' bait and their Jupyter servers' directories are not counted. */
export function sharedFiles(uid: number): readonly string[] {
  return ['/tmp', '/dev/shm']
    .flatMap(pathsIn)
    .filter(
      (path) =>
        !/\/(?:tmp\w{8}(?:\.json)?|berth-(?:squat|lab)-\w+|berth-[0-9a-f]{32})$/.test(path) &&
        ownerOf(path) === uid,
    );
}

function pathsIn(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name));
  } catch {
    return [];
  }
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

function ownerOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.uid;
}
