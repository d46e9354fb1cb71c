import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runAs } from './as-user.ts';
import { cgroupsOf } from './cgroup.ts';
import { clusterUp, type Cluster } from './cluster.ts';
import { identify } from './process-identity.ts';
import { leftovers } from './leftovers.ts';
import { until } from './until.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await clusterUp({ cgroup: true });
}, 60_000);
afterAll(() => cluster?.down());

const affinity = ['--cpu-bind=none', 'python3', '-c', 'import os; print(len(os.sched_getaffinity(0)))'];

test('a step has the CPUs that it was given, without any binding of srun', async () => {
  const one = await runAs(cluster.users.alice, cluster.env, ['srun', '--mem=50', '-n1', '-c1', ...affinity]);
  expect(one).toMatchObject({ status: 0, stdout: '1\n' });
  const two = await runAs(cluster.users.alice, cluster.env, ['srun', '--mem=50', '-n1', '-c2', ...affinity]);
  expect(two).toMatchObject({ status: 0, stdout: '2\n' });
}, 60_000);

test('a step that takes more memory than it was given is killed', async () => {
  const grow = ['python3', '-c', 'x = bytearray(400 << 20); print(len(x))'];
  const result = await runAs(cluster.users.bob, cluster.env, ['srun', '--mem=100', ...grow]);
  expect(result.status).not.toBe(0);
  expect(result.stdout).toBe('');
}, 60_000);

test('a process that left its session ends with the step', async () => {
  const leave = ['bash', '-c', 'setsid sleep 1000 >/dev/null 2>&1 </dev/null & echo $!'];
  const { stdout } = await runAs(cluster.users.alice, cluster.env, ['srun', '--mem=50', ...leave]);
  expect(Number(stdout)).toBeGreaterThan(1);
  expect(await until(() => identify(Number(stdout)) === null, 10_000)).toBe(true);
}, 60_000);

test('down() removes the nodes’ control groups', async () => {
  expect(cgroupsOf(cluster.nodes)).not.toEqual([]);
  await cluster.down();
  expect(leftovers(cluster.dir, cluster.nodes)).toEqual([]);
  expect(existsSync(cluster.dir)).toBe(false);
}, 60_000);
