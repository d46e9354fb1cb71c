import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

const root = '/sys/fs/cgroup';

/** v1 where the memory controller has a hierarchy of its own (also on hybrid machines), v2 on unified ones. */
export function cgroupPlugin(): 'cgroup/v1' | 'cgroup/v2' {
  return existsSync(join(root, 'memory', 'memory.limit_in_bytes')) ? 'cgroup/v1' : 'cgroup/v2';
}

/** The directories that slurmd made for these nodes (v1: CONTROLLER/slurm_NODE). */
export function cgroupsOf(nodes: readonly string[]): readonly string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .flatMap((controller) => nodes.map((node) => join(root, controller, `slurm_${node}`)))
    .filter(existsSync);
}

/** slurmd leaves its own behind. Only empty groups can be removed, deepest first; the files in them are not files. */
export function removeCgroups(nodes: readonly string[]): void {
  for (const group of cgroupsOf(nodes)) removeTree(group);
}

function removeTree(group: string): void {
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(group, entry.name));
  }
  rmdirSync(group);
}
