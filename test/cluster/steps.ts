import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { identify, readProc, readStat, type ProcessIdentity } from './process-identity.ts';

/**
 * The step daemons of this cluster and everything below them, by evidence that no foreign process has:
 *  - a slurmstepd with a file of the cluster's directory open (it has written over its argv and is init's child),
 *  - a process of a job (SLURM_JOB_ID) whose SLURM_CONF is the cluster's,
 *  - a process in a cgroup of one of the nodes,
 *  - a descendant of these.
 * Our own ancestors are never among them: a test that has SLURM_CONF set may itself run inside some job.
 */
export function stepProcesses(dir: string, nodes: readonly string[]): readonly ProcessIdentity[] {
  const parents = new Map<number, number>();
  const found = new Set<number>();
  for (const pid of allPids()) {
    const stat = readStat(pid);
    if (stat === null) continue;
    parents.set(pid, stat.parent);
    if (isStepDaemonOf(pid, dir) || isOfJob(pid, dir) || isInCgroup(pid, nodes)) found.add(pid);
  }
  for (const pid of parents.keys()) if (ancestors(pid, parents).some((a) => found.has(a))) found.add(pid);
  for (const pid of [process.pid, ...ancestors(process.pid, parents)]) found.delete(pid);
  return [...found].map(identify).filter((p) => p !== null);
}

function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

export function isStepDaemon(pid: number): boolean {
  return readProc(pid, 'comm')?.trim() === 'slurmstepd';
}

function isStepDaemonOf(pid: number, dir: string): boolean {
  if (!isStepDaemon(pid)) return false;
  try {
    const fds = join('/proc', String(pid), 'fd');
    return readdirSync(fds).some((fd) => readlinkSync(join(fds, fd)).startsWith(`${dir}/`));
  } catch {
    // ended meanwhile, or not ours
    return false;
  }
}

function isOfJob(pid: number, dir: string): boolean {
  const environment = readEnvironment(pid);
  return usesCluster(environment, dir) && environment.some((v) => v.startsWith('SLURM_JOB_ID='));
}

/** srun and salloc that talk to this cluster. They end with their jobs, but wait for ever for a controller that is gone. */
export function clientProcesses(dir: string): readonly ProcessIdentity[] {
  return allPids()
    .filter((pid) => ['srun', 'salloc'].includes(readProc(pid, 'comm')?.trim() ?? ''))
    .filter((pid) => usesCluster(readEnvironment(pid), dir))
    .map(identify)
    .filter((p) => p !== null);
}

function usesCluster(environment: readonly string[], dir: string): boolean {
  return environment.some((v) => v.startsWith(`SLURM_CONF=${dir}/`));
}

function readEnvironment(pid: number): readonly string[] {
  return readProc(pid, 'environ')?.split('\0') ?? [];
}

function isInCgroup(pid: number, nodes: readonly string[]): boolean {
  const groups = readProc(pid, 'cgroup') ?? '';
  return nodes.some((node) => groups.includes(`/slurm_${node}/`));
}

function ancestors(pid: number, parents: ReadonlyMap<number, number>): number[] {
  const above: number[] = [];
  for (let p = parents.get(pid); p !== undefined && p > 1 && above.length < 1000; p = parents.get(p))
    above.push(p);
  return above;
}
