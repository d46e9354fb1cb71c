import { readFile, readlink } from 'node:fs/promises';

/**
 * A process as told apart from every other one. `node` is boot and pid namespace: only within the same one do `pid` and
 * `start` (clock ticks since boot, proc(5)) say whether it lives. A host name would not do: containers and cloned nodes
 * share them.
 */
export interface ProcessIdentity {
  readonly node: string;
  readonly pid: number;
  readonly start: string;
}

/** State and start of a process; undefined when there is none. */
async function startOf(pid: number | 'self'): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // the command's name in parentheses may hold anything; fields count from behind it
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || 'ZX'.includes(fields[0] ?? 'X') ? undefined : fields[19];
}

export async function currentProcess(): Promise<ProcessIdentity> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  const namespace = await readlink('/proc/self/ns/pid');
  const start = await startOf('self');
  return { node: `${boot.trim()}/${namespace}`, pid: process.pid, start: start ?? '' };
}

/** Whether `other` is known to be gone; of a process elsewhere nothing is known. */
export async function isDead(other: ProcessIdentity, here: ProcessIdentity): Promise<boolean> {
  return other.node === here.node && (await startOf(other.pid)) !== other.start;
}

export const formatIdentity = (identity: ProcessIdentity): string =>
  `${identity.node}\n${identity.pid}\n${identity.start}\n`;

/** The inverse; undefined of anything that was not written whole. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  const [node, pid, start, end] = text.split('\n');
  if (!node || !start || end === undefined || !/^[1-9][0-9]{0,9}$/.test(pid ?? '')) return undefined;
  return { node, pid: Number(pid), start };
}
