import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { runAs } from './as-user.ts';
import { leftovers } from './leftovers.ts';
import { readRecord } from './record.ts';
import { until } from './until.ts';
import { ALICE, existingUsers } from './users.ts';

const run = promisify(execFile);
const main = fileURLToPath(new URL('main.ts', import.meta.url));
const command = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  run(process.execPath, [main, ...args], { timeout: 60_000 });

const directories: string[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const dir of directories.splice(0)) if (readRecord(dir) !== null) await command('down', dir);
});

async function up(...args: string[]): Promise<{ dir: string; conf: string; stderr: string }> {
  const { stdout, stderr } = await command('up', ...args);
  const exported = (name: string): string => new RegExp(`^export ${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? '';
  const dir = exported('BERTH_CLUSTER_DIR');
  directories.push(dir);
  expect(exported('BERTH_CLUSTER_REGISTRY')).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  return { dir, conf: exported('SLURM_CONF'), stderr };
}

test('up returns with a cluster that stays, status lists it with its jobs, down ends it', async () => {
  const { dir, conf, stderr } = await up('--nodes', '1');
  expect(stderr).toContain('ready: ');
  const { alice } = existingUsers();
  const job = await runAs(alice, { SLURM_CONF: conf }, [
    'sbatch',
    '--mem=50',
    '-o/dev/null',
    '--wrap=sleep 1000',
  ]);
  expect(job.status).toBe(0);
  const nodes = readRecord(dir)?.nodes ?? [];
  expect(nodes).toHaveLength(1);
  const { stdout } = await command('status');
  const own = stdout.slice(stdout.indexOf(dir)).split('\n').slice(0, 5).join('\n');
  expect(own).toMatch(/ready; held by the command, pid \d+/);
  expect(own).toMatch(/slurmctld \d+/);
  expect(own).toContain(`1 ${ALICE}`);
  expect((await command('down', dir)).stderr).toContain('is down');
  expect(leftovers(dir, nodes)).toEqual([]);
}, 90_000);

test('several clusters; down of one leaves the other', async () => {
  const [one, two] = await Promise.all([up('--nodes', '1'), up('--nodes', '1')]);
  await command('down', one.dir);
  const { stdout } = await command('status');
  expect(stdout).not.toContain(one.dir);
  expect(stdout).toContain(two.dir);
}, 90_000);

test('when the holder is killed, the janitor ends the cluster, its jobs and their clients', async () => {
  const { dir, conf } = await up('--nodes', '1');
  const env = { SLURM_CONF: conf };
  const wrap = '--wrap=trap "" TERM; sleep 1000';
  await runAs(existingUsers().alice, env, ['sbatch', '--mem=50', '-o/dev/null', wrap]);
  const client = runAs(existingUsers().alice, env, ['srun', '--mem=50', 'sleep', '1000']);
  const running = ['squeue', '-h', '-t', 'R', '-o', '%i'];
  const count = async (): Promise<number> =>
    (await runAs(existingUsers().alice, env, running)).stdout.split('\n').filter(Boolean).length;
  expect(await until(async () => (await count()) === 2, 30_000)).toBe(true);
  const record = readRecord(dir);
  process.kill(record?.owner.pid as number, 'SIGKILL');
  await until(() => leftovers(dir, record?.nodes ?? []).length === 0, 30_000);
  expect(leftovers(dir, record?.nodes ?? [])).toEqual([]);
  expect((await client).status).not.toBe(0);
}, 90_000);

/** A controller on another port than we wait for: the start never gets ready by itself. */
const neverReady = ['--slurm-conf', 'SlurmctldPort=10499'];

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  '%s during up leaves nothing',
  async (signal) => {
    const child = spawn(process.execPath, [main, 'up', ...neverReady], { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    const closed = once(child, 'close');
    const dir = await new Promise<string>((resolve) => {
      let directory = '';
      createInterface(child.stderr).on('line', (line) => {
        directory = /directory (\S+)/.exec(line)?.[1] ?? directory;
        if (line.includes('slurmctld started')) resolve(directory);
      });
    });
    const nodes = readRecord(dir)?.nodes ?? [];
    child.kill(signal);
    expect(await closed).toEqual(signal === 'SIGKILL' ? [null, 'SIGKILL'] : [130, null]);
    // SIGINT and SIGTERM wait for the end of the cluster; after SIGKILL its supervisor sees to it
    if (signal === 'SIGKILL') await until(() => leftovers(dir, nodes).length === 0, 30_000);
    expect(leftovers(dir, nodes)).toEqual([]);
  },
  60_000,
);

test('a start that fails says why and has status 1; a wrong command line has status 2', async () => {
  const broken = command('up', '--slurm-conf', 'SelectType=select/nonsense');
  await expect(broken).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('select/nonsense') });
  for (const args of [[], ['sideways'], ['up', '--nodes', 'many'], ['status', 'x'], ['up', '--unknown']]) {
    const wrong = command(...args);
    await expect(wrong).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('usage:') });
  }
}, 60_000);
