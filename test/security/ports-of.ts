import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Cluster } from '../cluster/cluster.ts';
import { readProc } from '../cluster/process-identity.ts';
import type { Target } from './bob.ts';

export interface HeldPort {
  readonly target: Target;
  /** command line of the process that listens there */
  readonly command: string;
}

/**
 * Who holds them. Ports of another cluster's processes are left out: the same users may be at work in a test beside
 * this one.
 */
export function portsOf(all: readonly Target[], cluster: Cluster): readonly HeldPort[] {
  const inodes = new Map<string, number>();
  for (const table of ['tcp', 'tcp6']) {
    for (const line of readFileSync(`/proc/net/${table}`, 'utf8').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === '0A') inodes.set(fields[9] ?? '', parseInt(fields[1]?.split(':')[1] ?? '', 16));
    }
  }
  const foreign = new Set<number>();
  const commands = new Map<number, string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const command = (readProc(Number(pid), 'cmdline') ?? '').replaceAll('\0', ' ');
    const shown = `${readProc(Number(pid), 'environ') ?? ''}\0${command}`;
    const isForeign = shown.includes('/berth-cluster-') && !shown.includes(cluster.dir);
    for (const inode of socketsOf(pid)) {
      const port = inodes.get(inode);
      if (port === undefined) continue;
      if (isForeign) foreign.add(port);
      commands.set(port, command);
    }
  }
  return all
    .filter(([, port]) => !foreign.has(port))
    .map((target) => ({ target, command: commands.get(target[1]) ?? '' }));
}

function socketsOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    // ended meanwhile
    return [];
  }
}
