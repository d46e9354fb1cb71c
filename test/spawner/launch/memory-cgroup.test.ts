import { mkdir, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { memoryCgroup, memoryCgroupPaths } from '../../../spawner/src/launch/memory-cgroup.ts';
import { inDirectory } from './launch-fixture.ts';

test('v1: the memory controller`s own tree, from the process upwards', () => {
  const text = '11:cpu,cpuacct:/slurm\n4:memory:/slurm/uid_2000/job_7/step_0\n1:name=systemd:/x\n0::/y\n';
  expect(memoryCgroupPaths(text, '/c')).toEqual({
    version: 1,
    paths: [
      '/c/memory/slurm/uid_2000/job_7/step_0',
      '/c/memory/slurm/uid_2000/job_7',
      '/c/memory/slurm/uid_2000',
      '/c/memory/slurm',
      '/c/memory',
    ],
  });
});

test('v2: the one tree; a hybrid host without v1 memory is v2; a colon in a name stays', () => {
  const v2 = { version: 2, paths: ['/c/system.slice/a:b', '/c/system.slice', '/c'] };
  expect(memoryCgroupPaths('0::/system.slice/a:b\n', '/c')).toEqual(v2);
  expect(memoryCgroupPaths('3:freezer:/slurm\n0::/system.slice/a:b\n', '/c')).toEqual(v2);
});

test('nothing known, the root, and a path that leads out of a cgroup namespace', () => {
  for (const text of ['', 'garbage', '0::/\n'])
    expect(memoryCgroupPaths(text, '/c')).toEqual({ version: 2, paths: ['/c'] });
  expect(memoryCgroupPaths('0::/../x\n', '/c').paths).toEqual(['/c/x', '/c']);
});

test('the least limit on the way up counts, and kills so far', () =>
  inDirectory(async (root) => {
    const { readFile } = await import('node:fs/promises');
    const { version, paths } = memoryCgroupPaths(await readFile('/proc/self/cgroup', 'utf8'), root);
    const [leaf = '', parent = root] = paths;
    await mkdir(leaf, { recursive: true });
    const [events, maximum] =
      version === 1 ? ['memory.oom_control', 'memory.limit_in_bytes'] : ['memory.events', 'memory.max'];
    await writeFile(`${leaf}/${events}`, 'under_oom 0\noom 5\noom_kill 3\n');
    await writeFile(`${leaf}/${maximum}`, version === 1 ? '9223372036854771712\n' : 'max\n');
    const group = await memoryCgroup(root);
    expect(await group.oomKills()).toBe(3);
    expect(await group.limit()).toBeUndefined();
    await writeFile(`${parent}/${maximum}`, '1073741824\n');
    expect(await group.limit()).toBe(1073741824);
  }));
