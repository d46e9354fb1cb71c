import { Socket } from 'node:net';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ceph } from './ceph.ts';
import { stopProcesses, type Daemon } from './daemon.ts';
import { startMunge } from './munge.ts';
import { claimPorts, maxNodes, type PortBlock } from './ports.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';
import { directoryPrefix, writeRecord, type ClusterRecord } from './record.ts';
import { registryRoot, startRegistry, type RegistryAuth } from './registry.ts';
import { slurmConfPath, startSlurm } from './slurm.ts';
import { teardown } from './teardown.ts';
import { ensureUsers, existingUsers, type ClusterUsers } from './users.ts';

export type { ClusterUser } from './users.ts';

export interface ClusterOptions {
  /** default 2 */
  readonly nodes?: number;
  /** default 8; with `cgroup` at most (and by default) the real ones, because a cpuset cannot hold others */
  readonly cpusPerNode?: number;
  /** MiB per node, default 6000; not checked against the machine's */
  readonly memoryMb?: number;
  /** proctrack/cgroup, task/cgroup and task/affinity with ConstrainCores and ConstrainRAMSpace; needs root */
  readonly cgroup?: boolean;
  /** default true */
  readonly registry?: boolean;
  /** a real Ceph with its S3 gateway (900 MB of memory); default false */
  readonly ceph?: boolean;
  /** slurmdbd with its MariaDB, for sacct, and these accounts as operators of Slurm; default none */
  readonly accounting?: { readonly operators: readonly string[] };
  /** serve the registry with basic authentication */
  readonly registryAuth?: RegistryAuth;
  /** make alice and bob where missing; default: as root yes, otherwise no (an ordinary user's cluster is theirs alone) */
  readonly users?: boolean;
  /** appended to slurm.conf, one line each */
  readonly extraSlurmConf?: readonly string[];
  readonly onProgress?: (line: string) => void;
  /** gives up a start that is under way: clusterUp rejects, and nothing is left */
  readonly signal?: AbortSignal;
  /** set by the command: `down` may end the process that holds the cluster */
  readonly heldByCommand?: boolean;
}

export interface Cluster {
  /** its own temporary directory, 0755 */
  readonly dir: string;
  readonly nodes: readonly string[];
  readonly slurmConf: string;
  /** what a client process needs in its environment */
  readonly env: Readonly<Record<string, string>>;
  readonly srunPortRange: readonly [number, number];
  readonly registry: { readonly url: string; readonly host: string; readonly root: string } | null;
  readonly ceph: Ceph | null;
  readonly users: ClusterUsers;
  /** munged, slurmctld, slurmd.NODE, mariadbd, slurmdbd, registry, ceph-mon and its like, radosgw */
  readonly pids: Readonly<Record<string, number>>;
  /** Ends jobs and daemons, removes cgroups, mounts and the directory. Idempotent. */
  down(): Promise<void>;
}

/**
 * Starts a cluster, as root for all users of the machine, as an ordinary user for that one. Rejects with the failing
 * daemon's own last lines, and then nothing is left. Several can run side by side. When the caller dies without
 * down(), the janitor tears the cluster down.
 */
export async function clusterUp(options: ClusterOptions = {}): Promise<Cluster> {
  const progress = options.onProgress ?? ((): void => undefined);
  const count = options.nodes ?? 2;
  if (count < 1 || count > maxNodes) throw new RangeError(`1 to ${maxNodes} nodes, not ${count}`);
  openFuse(progress);
  const isRoot = process.getuid?.() === 0;
  if ((options.cgroup ?? false) && !isRoot) throw new Error('a cluster with cgroups needs root');
  const users = (options.users ?? isRoot) ? await ensureUsers() : existingUsers();
  const ports = await claimPorts(count);
  const dir = await mkdtemp(join(tmpdir(), directoryPrefix));
  // Named after the claimed port: cgroup directories carry the node's name, and clusters must not share them.
  const nodes = Array.from({ length: count }, (_, i) => `b${ports.slurmctld}n${i + 1}`);
  const heldByCommand = options.heldByCommand ?? false;
  let record: ClusterRecord = { dir, owner: self(), heldByCommand, nodes, daemons: [], ready: null };
  writeRecord(record);
  progress(`directory ${dir}`);
  const janitor = startJanitor(dir);
  const down = once_(async () => {
    // a cluster that never got ready has no jobs
    await teardown(record, record.ready !== null);
    await janitor.dismiss();
    await ports.release();
  });
  const started = ({ name, pid, startTime }: Daemon): void => {
    record = { ...record, daemons: [...record.daemons, { name, pid, startTime }] };
    writeRecord(record);
    progress(`${name} started, pid ${pid}`);
  };
  // Whoever waits for a daemon notices at once that it has ended.
  const abort = (): void => void stopProcesses(record.daemons, 1_000);
  options.signal?.addEventListener('abort', abort);
  const startedUnlessAborted = (daemon: Daemon): void => {
    started(daemon);
    options.signal?.throwIfAborted();
  };
  let ceph: Ceph | null;
  try {
    options.signal?.throwIfAborted();
    ceph = await startDaemons(dir, ports, nodes, options, startedUnlessAborted);
    options.signal?.throwIfAborted();
  } catch (error) {
    await down();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
  const host = `127.0.0.1:${ports.registry}`;
  const registry =
    (options.registry ?? true) ? { url: `http://${host}`, host, root: registryRoot(dir) } : null;
  const slurmConf = slurmConfPath(dir);
  record = {
    ...record,
    ready: {
      slurmConf,
      registryUrl: registry?.url ?? null,
      s3Url: ceph?.url ?? null,
      srunPortRange: [...ports.srun],
    },
  };
  writeRecord(record);
  progress(`ready: ${nodes.join(' ')}`);
  return {
    dir,
    nodes,
    slurmConf,
    env: { SLURM_CONF: slurmConf },
    srunPortRange: ports.srun,
    registry,
    ceph,
    users,
    pids: Object.fromEntries(record.daemons.map((d) => [d.name, d.pid])),
    down,
  };
}

/** All at once; the first failure is thrown, but only when no start is under way any more: none may be missed. */
async function startDaemons(
  dir: string,
  ports: PortBlock,
  nodes: readonly string[],
  options: ClusterOptions,
  started: (daemon: Daemon) => void,
): Promise<Ceph | null> {
  await chmod(dir, 0o755);
  await mkdir(join(dir, 'log'), { mode: 0o755 });
  const cgroup = options.cgroup ?? false;
  const cpusPerNode = cgroup
    ? Math.min(options.cpusPerNode ?? Infinity, cpus().length)
    : (options.cpusPerNode ?? 8);
  const memoryMb = options.memoryMb ?? 6000;
  const accounting = options.accounting ?? null;
  const extra = options.extraSlurmConf ?? [];
  const slurm = async (): Promise<void> => {
    await startMunge(dir, started);
    await startSlurm({ dir, ports, nodes, cpusPerNode, memoryMb, cgroup, accounting, extra }, started);
  };
  const registry = async (): Promise<void> => {
    if (options.registry ?? true)
      await startRegistry(dir, ports.registry, options.registryAuth ?? null, started);
  };
  const ceph = async (): Promise<Ceph | null> => {
    if (options.ceph !== true) return null;
    // with the client that makes its bucket, which takes a quarter of a second to load
    const { startCeph } = await import('./ceph.ts');
    return startCeph(dir, ports.spare, started, options.signal);
  };
  const itsCeph = ceph();
  for (const result of await Promise.allSettled([slurm(), registry(), itsCeph])) {
    if (result.status === 'rejected') throw result.reason;
  }
  return itsCeph;
}

function startJanitor(dir: string): { dismiss(): Promise<void> } {
  const script = fileURLToPath(new URL('janitor.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, dir], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
    cwd: '/',
  });
  const exited = once(child, 'exit');
  child.unref();
  // a pipe of a child is a socket, which its type does not say
  if (child.stdin instanceof Socket) child.stdin.unref();
  return {
    async dismiss() {
      child.ref();
      child.stdin.end();
      await exited;
    },
  };
}

/** Real sites have 0666, a bare machine 0600: FUSE mounts of ordinary users need it. */
function openFuse(progress: (line: string) => void): void {
  const device = '/dev/fuse';
  if (!existsSync(device) || process.getuid?.() !== 0) return;
  if ((statSync(device).mode & 0o777) === 0o666) return;
  chmodSync(device, 0o666);
  progress(`${device} is 0666 now, as on a real node`);
}

function self(): ProcessIdentity {
  return identify(process.pid) as ProcessIdentity;
}

function once_<T>(verb: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null;
  return () => (result ??= verb());
}
