import { readFile } from 'node:fs/promises';

/** Where this process's memory is accounted, and how to read it there (cgroup v1 and v2 name things differently). */
export interface MemoryCgroup {
  /** processes killed for want of memory so far */
  oomKills(): Promise<number>;
  /** bytes; undefined when unlimited */
  limit(): Promise<number | undefined>;
}

const UNLIMITED = 2 ** 60;

/** The directories from this process's own cgroup up to the controller's root. Source: cgroups(7), proc(5). */
export function memoryCgroupPaths(
  procSelfCgroup: string,
  root = '/sys/fs/cgroup',
): { version: 1 | 2; paths: string[] } {
  const rows = procSelfCgroup.split('\n').map((line) => line.split(':'));
  const v1 = rows.find(([, controllers]) => controllers?.split(',').includes('memory'));
  const path =
    (v1 ?? rows.find(([id, controllers]) => id === '0' && controllers === ''))?.slice(2).join(':') ?? '/';
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  const base = v1 ? `${root}/memory` : root;
  const paths = parts.map((_, index) => `${base}/${parts.slice(0, parts.length - index).join('/')}`);
  // in a cgroup namespace the root is a group like any other
  return { version: v1 ? 1 : 2, paths: [...paths, base] };
}

export async function memoryCgroup(root?: string): Promise<MemoryCgroup> {
  const text = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  const { version, paths } = memoryCgroupPaths(text, root);
  const counter = version === 1 ? 'memory.oom_control' : 'memory.events';
  const maximum = version === 1 ? 'memory.limit_in_bytes' : 'memory.max';
  return {
    oomKills: async () => {
      const events = await readFile(`${paths[0] ?? ''}/${counter}`, 'utf8').catch(() => '');
      return Number(/^oom_kill ([0-9]+)$/m.exec(events)?.[1] ?? 0);
    },
    limit: async () => {
      const limits = await Promise.all(
        paths.map((path) => readFile(`${path}/${maximum}`, 'utf8').catch(() => 'max')),
      );
      const least = Math.min(...limits.map((limit) => (limit.trim() === 'max' ? Infinity : Number(limit))));
      return least < UNLIMITED ? least : undefined;
    },
  };
}
