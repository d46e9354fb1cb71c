import { mkdir, readFile, readlink, stat } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { prepareNode, startNodeKernel, type NodeContext } from '../../../spawner/src/launch/node-kernel.ts';
import { planLaunch } from '../../../spawner/src/launch/plan.ts';
import { fakeTools } from './fake-tools.ts';
import { connectionFile, inDirectory, launchRecord } from './launch-fixture.ts';
import { until } from './until.ts';

async function prepared(directory: string, cwd: string, home = true) {
  const path = await fakeTools(directory);
  await mkdir(`${directory}/home`, { mode: 0o700 });
  const record = launchRecord({
    node: { mountPoint: `${directory}/home/mnt` },
    container: { home, env: { LINES: 'a\nb' } },
  });
  const uid = process.getuid?.() ?? 0;
  const { node: plan } = planLaunch(
    { ...record, kernel: { ...record.kernel, argv: ['/bin/sleep', '1000'] } },
    {
      launchId: '0123456789abcdef',
      env: {},
      cwd,
      person: { name: 'me', uid, home: `${directory}/home`, shell: '' },
      addresses: [],
    },
  );
  const logged: string[] = [];
  const context: NodeContext = {
    env: { PATH: path, SLURM_JOB_ID: '7' },
    uid,
    output: new PassThrough().resume(),
    log: (line) => logged.push(line),
    stage: () => undefined,
    rootfs: async () => ({ format: 'directory', digest: plan.image.digest, path: '/' }),
  };
  return { plan, context, logged, node: await prepareNode(plan, context) };
}

test('a current directory that the node does not have is replaced by the home, and said', () =>
  inDirectory(async (directory) => {
    const { node, logged } = await prepared(directory, '/scratch/not-here');
    await node.holder.release();
    expect(node.container.cwd).toBe(`${directory}/home`);
    expect(node.container.mounts.map(({ target }) => target)).toEqual([`${directory}/home`]);
    expect(logged).toEqual([`this node has no /scratch/not-here; the kernel starts in ${directory}/home`]);
  }));

test('by the root where the home is not mounted', () =>
  inDirectory(async (directory) => {
    const { node } = await prepared(directory, '/scratch/not-here', false);
    await node.holder.release();
    expect(node.container).toMatchObject({ cwd: '/', mounts: [] });
  }));

test('one that is there stays', () =>
  inDirectory(async (directory) => {
    const { node, logged } = await prepared(directory, `${directory}/home`);
    await node.holder.release();
    expect(node.container.cwd).toBe(`${directory}/home`);
    expect(logged).toEqual([]);
  }));

test('the secret and the environment are 0600 in the runtime directory; what cannot be passed is said', () =>
  inDirectory(async (directory) => {
    const { plan, context, node, logged } = await prepared(directory, `${directory}/home`);
    const kernel = await startNodeKernel(node, plan, connectionFile({ curve_secretkey: 'S' }), context);
    try {
      expect(await readlink(node.holder.runtime)).toBe(`${directory}/home/mnt/run`);
      for (const name of ['connection.json', 'environment']) {
        expect((await stat(`${node.holder.runtime}/${name}`)).mode & 0o777).toBe(0o600);
      }
      const inner: unknown = JSON.parse(await readFile(`${node.holder.runtime}/connection.json`, 'utf8'));
      expect(inner).toMatchObject({ key: 'a-secret-key', curve_secretkey: 'S', transport: 'ipc' });
      const environment = await readFile(`${node.holder.runtime}/environment`, 'utf8');
      expect(environment).toContain(`JPY_PARENT_PID='${process.pid}'\n`);
      expect(environment).toContain(`SLURM_JOB_ID='7'\n`);
      expect(environment).not.toContain('a-secret-key');
      expect(logged).toEqual(['not passed to the kernel, their values have line breaks: LINES']);
      const command = await readFile(`/proc/${kernel.pid}/cmdline`, 'utf8');
      expect(command).not.toContain('a-secret-key');
      let refused = false;
      const waiting = kernel.socket('shell').catch(() => (refused = true));
      kernel.stop(100);
      await kernel.exited;
      await waiting;
      expect(refused).toBe(true);
    } finally {
      kernel.stop(0);
      await kernel.exited;
      await kernel.release();
    }
    await until(() => !alive(node.holder.pid));
  }));

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
