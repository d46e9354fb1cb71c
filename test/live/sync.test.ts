import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { LaunchRecord } from '@berth/schema';
import { kernelProcesses } from './kernel-processes.ts';
import { siteUp, type Site } from './site.ts';

jest.setTimeout(60_000);

let site: Site;
beforeAll(async () => {
  site = await siteUp();
}, 180_000);
afterAll(() => site?.down(), 60_000);

/** TCP ports on which a process listens. Source: proc(5), /proc/net/tcp: local address, state 0A, inode. */
async function listening(pid: number): Promise<readonly number[]> {
  const held = new Set(
    await Promise.all(
      (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
    ),
  );
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')));
  return tables
    .flatMap((table) => table.split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && held.has(`socket:[${fields[9]}]`))
    .map((fields) => Number.parseInt(fields[1]?.split(':').at(-1) ?? '', 16));
}

test("a sync keeps the cluster's own port range, and the ports of a running kernel lie in it", async () => {
  const { user, kernels } = site.person('alice');
  const name = await site.kernel('venv-python');
  const record = LaunchRecord.parse(JSON.parse(await readFile(join(kernels, name, 'berth.json'), 'utf8')));
  const [low, high] = site.cluster.srunPortRange;
  expect(record.slurm.portRange).toEqual([low, high]);

  const driver = await site.driver();
  const kernel = await driver.kernel(name);
  const connection = JSON.parse(await readFile(kernel.connectionFile, 'utf8')) as Record<string, unknown>;
  // not the kernel's own: that opens further ones on loopback for itself
  const { launcher, srun } = await kernelProcesses(kernel.pid, site.berth, user);
  const clients = new Set(Object.values(connection));
  const stream = (await listening(launcher)).filter((port) => !clients.has(port));
  const ours = [...stream, ...(await listening(srun))];
  expect(stream.length).toBeGreaterThanOrEqual(1);
  expect(ours.length).toBeGreaterThan(stream.length);
  expect(ours.filter((port) => port < low || port > high)).toEqual([]);
  await kernel.shutdown();
  await site.untilClean(10_000);
});
