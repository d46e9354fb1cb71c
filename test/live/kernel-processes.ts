import { readdirSync } from 'node:fs';
import type { ClusterUser } from '../cluster/users.ts';
import { readProc, readStat } from '../cluster/process-identity.ts';
import { until } from '../cluster/until.ts';
import { uidOf } from './user-leftovers.ts';

/** The processes of one running kernel, by part. */
export type KernelPart = 'launcher' | 'srun' | 'place' | 'agent' | 'holder' | 'squashfuse' | 'kernel';
export type KernelProcesses = Readonly<Record<KernelPart, number>>;

/** Finds them from the launcher's pid, the place as the only one of that installation and that user. */
export async function kernelProcesses(
  launcher: number,
  berth: string,
  user: ClusterUser,
): Promise<KernelProcesses> {
  let found: Partial<Record<KernelPart, number | undefined>> = {};
  const all = await until(() => {
    found = lookAround(launcher, berth, user.uid);
    return Object.values(found).every((pid) => pid !== undefined);
  }, 5000);
  if (!all) throw new Error(`not all of the kernel's processes are there: ${JSON.stringify(found)}`);
  return found as KernelProcesses;
}

function lookAround(launcher: number, berth: string, uid: number): Record<KernelPart, number | undefined> {
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && uidOf(pid) === uid);
  const argvOf = (pid: number): string[] => (readProc(pid, 'cmdline') ?? '').split('\0');
  const nameOf = (pid: number): string => readProc(pid, 'comm')?.trim() ?? '';
  const childrenOf = (parent: number | undefined): number[] =>
    pids.filter((pid) => parent !== undefined && readStat(pid)?.parent === parent);
  const lib = berth.replace(/bin\/berth$/, 'lib/');
  const place = pids.find((pid) => argvOf(pid)[0] === `${lib}berth-place` && nameOf(pid) === 'berth-place');
  const holder = childrenOf(place).find((pid) => nameOf(pid) === 'berth-holder');
  return {
    launcher,
    srun: childrenOf(launcher).find((pid) => nameOf(pid) === 'srun'),
    place,
    agent: childrenOf(place).find((pid) => argvOf(pid)[1] === `${lib}agent.cjs`),
    holder,
    squashfuse: childrenOf(holder).find((pid) => nameOf(pid).startsWith('squashfuse')),
    kernel: childrenOf(holder).find((pid) => argvOf(pid).includes('/run/berth/connection.json')),
  };
}
