import { existsSync, readdirSync } from 'node:fs';
import { cgroupsOf } from './cgroup.ts';
import { identify, readProc } from './process-identity.ts';
import { mountsBelow } from './teardown.ts';

/** What of a cluster is still there, one sentence each: directory, mounts, cgroups, processes. Empty when all is gone. */
export function leftovers(dir: string, nodes: readonly string[]): readonly string[] {
  return [
    ...(existsSync(dir) ? [`directory ${dir}`] : []),
    ...mountsBelow(dir).map((mount) => `mount ${mount}`),
    ...cgroupsOf(nodes).map((group) => `cgroup ${group}`),
    ...processesOf(dir, nodes).map((p) => `process ${p}`),
  ];
}

/** By name of the directory in argv or environment, or by name of a node in the control group. */
function processesOf(dir: string, nodes: readonly string[]): readonly string[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && identify(pid) !== null)
    .flatMap((pid) => {
      const argv = readProc(pid, 'cmdline') ?? '';
      const own =
        argv.includes(dir) ||
        (readProc(pid, 'environ') ?? '').includes(dir) ||
        nodes.some((node) => (readProc(pid, 'cgroup') ?? '').includes(`/slurm_${node}`));
      return own ? [`${pid} ${argv.replaceAll('\0', ' ')}`] : [];
    });
}
