import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { runAs } from './as-user.ts';
import { clusterUp, type Cluster, type ClusterOptions } from './cluster.ts';
import { leftovers } from './leftovers.ts';
import { slurmAddress } from './slurm-address.ts';
import { until } from './until.ts';
import { BOB } from './users.ts';

const run = promisify(execFile);
const clusters: Cluster[] = [];
const up = async (options?: ClusterOptions): Promise<Cluster> => {
  const cluster = await clusterUp(options);
  clusters.push(cluster);
  return cluster;
};
afterEach(async () => {
  await Promise.all(clusters.splice(0).map((cluster) => cluster.down()));
});

test('both users run jobs, and after down() nothing is left', async () => {
  const cluster = await up();
  for (const user of [cluster.users.alice, cluster.users.bob]) {
    const result = await runAs(user, cluster.env, ['srun', '--mem=50', 'id', '-un']);
    expect(result).toMatchObject({ status: 0, stdout: `${user.name}\n` });
  }
  expect(leftovers(cluster.dir, cluster.nodes)).not.toEqual([]);
  await cluster.down();
  await cluster.down();
  expect(leftovers(cluster.dir, cluster.nodes)).toEqual([]);
}, 60_000);

test('the registry listens on loopback only, and so does Slurm where the machine’s name allows it', async () => {
  const { pids } = await up({ nodes: 3 });
  const { stdout } = await run('/usr/bin/ss', ['-Hltnp']);
  const addresses = (pid: number): (string | undefined)[] =>
    stdout
      .split('\n')
      .filter((line) => line.includes(`pid=${pid},`))
      .map((line) => line.split(/\s+/)[3]?.replace(/:\d+$/, ''));
  const { ip, confined } = await slurmAddress();
  const { munged, registry, ...slurm } = pids;
  expect(addresses(munged as number)).toEqual([]);
  expect(addresses(registry as number)).toEqual(['127.0.0.1']);
  expect(Object.keys(slurm)).toHaveLength(4);
  for (const pid of Object.values(slurm)) expect(addresses(pid)).toEqual([confined ? ip : '0.0.0.0']);
}, 60_000);

test('two clusters side by side know nothing of each other', async () => {
  const [one, two] = await Promise.all([up(), up({ registry: false })]);
  const [a, b] = await Promise.all(
    [one, two].map(({ env, users }) =>
      runAs(users.alice, env, ['srun', '--mem=50', '-N2', 'printenv', 'SLURMD_NODENAME']),
    ),
  );
  expect(a?.stdout.split('\n').filter(Boolean).sort()).toEqual(one?.nodes);
  expect(b?.stdout.split('\n').filter(Boolean).sort()).toEqual(two?.nodes);
  expect(two?.registry).toBeNull();
  await one?.down();
  const still = await runAs(two.users.bob, two.env, ['srun', '--mem=50', 'true']);
  expect(still.status).toBe(0);
}, 60_000);

test('down() ends running and pending jobs, also those that ignore signals', async () => {
  const cluster = await up({ nodes: 1 });
  const { alice } = cluster.users;
  const stubborn = [
    'srun',
    '--mem=50',
    '-c8',
    'bash',
    '-c',
    'trap "" TERM INT; setsid sleep 1000 & sleep 1000',
  ];
  const running = runAs(alice, cluster.env, stubborn);
  const isThere = (state: string): Promise<boolean> =>
    until(async () => (await runAs(alice, cluster.env, ['squeue', '-h', '-t', state])).stdout !== '', 30_000);
  expect(await isThere('R')).toBe(true);
  const pending = runAs(alice, cluster.env, ['srun', '--mem=50', '-c8', 'true']);
  expect(await isThere('PD')).toBe(true);
  await cluster.down();
  expect(leftovers(cluster.dir, cluster.nodes)).toEqual([]);
  for (const client of await Promise.all([running, pending])) expect(client.status).not.toBe(0);
}, 90_000);

test('with accounting, sacct tells a job that has ended, and an operator sees what is hidden from others', async () => {
  const accounting = { operators: [BOB] };
  const cluster = await up({ nodes: 1, accounting, extraSlurmConf: ['PrivateData=jobs'] });
  const { alice, bob } = cluster.users;
  const { stdout } = await run('/usr/bin/ss', ['-Hltnp']);
  const listening = (pid: number | undefined): readonly string[] =>
    stdout.split('\n').filter((line) => line.includes(`pid=${pid},`));
  const { mariadbd, slurmdbd } = cluster.pids;
  expect(mariadbd).toBeDefined();
  expect(listening(mariadbd)).toEqual([]);
  const { confined } = await slurmAddress();
  expect(listening(slurmdbd)).toEqual([expect.stringContaining(confined ? '127.0.0.1:' : '0.0.0.0:')]);
  expect((await runAs(alice, cluster.env, ['srun', '--mem=50', '--job-name=told', 'false'])).status).toBe(1);
  const sacct = ['sacct', '-X', '-n', '-P', '--format=JobName,State,ExitCode'];
  const told = async (): Promise<boolean> =>
    (await runAs(alice, cluster.env, sacct)).stdout === 'told|FAILED|1:0\n';
  expect(await until(told, 20_000, 200)).toBe(true);

  for (const user of [alice, bob])
    await runAs(user, cluster.env, ['sbatch', '--hold', '--output=/dev/null', '--wrap=true']);
  const seenBy = async (user: typeof alice): Promise<readonly string[]> =>
    (await runAs(user, cluster.env, ['squeue', '-h', '-o', '%u'])).stdout.split('\n').filter(Boolean).sort();
  expect(await seenBy(bob)).toEqual([alice.name, bob.name]);
  expect(await seenBy(alice)).toEqual([alice.name]);
  await cluster.down();
  expect(leftovers(cluster.dir, cluster.nodes)).toEqual([]);
}, 120_000);

test('the registry takes a blob, keeps it in the directory, and deletes', async () => {
  const { registry } = await up({ nodes: 1 });
  const start = await fetch(`${registry?.url}/v2/a/blobs/uploads/`, { method: 'POST' });
  expect(start.status).toBe(202);
  const digest = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
  const put = await fetch(`${start.headers.get('location')}&digest=${digest}`, {
    method: 'PUT',
    body: 'hello',
  });
  expect(put.status).toBe(201);
  expect(existsSync(`${registry?.root}/docker/registry/v2/blobs/sha256/2c`)).toBe(true);
  const deleted = await fetch(`${registry?.url}/v2/a/blobs/${digest}`, { method: 'DELETE' });
  expect(deleted.status).toBe(202);
}, 60_000);

test('the registry asks for a password when it was given one', async () => {
  const { registry } = await up({ nodes: 1, registryAuth: { user: 'u', password: 'p:ä w' } });
  const ask = async (password: string): Promise<number> => {
    const authorization = `Basic ${Buffer.from(`u:${password}`).toString('base64')}`;
    return (await fetch(`${registry?.url}/v2/`, { headers: { authorization } })).status;
  };
  expect((await fetch(`${registry?.url}/v2/`)).status).toBe(401);
  expect(await ask('wrong')).toBe(401);
  expect(await ask('p:ä w')).toBe(200);
}, 60_000);

test('a failure half-way leaves nothing, and says the daemon’s own last lines', async () => {
  let dir = '';
  const onProgress = (line: string): void => {
    if (line.startsWith('directory ')) dir = line.slice('directory '.length);
  };
  const start = clusterUp({ extraSlurmConf: ['ProctrackType=proctrack/nonsense'], onProgress });
  await expect(start).rejects.toThrow(/slurmd\.\w+ ended while starting[^]*proctrack\/nonsense/);
  expect(dir).not.toBe('');
  expect(leftovers(dir, [])).toEqual([]);
}, 60_000);

test('an aborted start leaves nothing', async () => {
  const stop = new AbortController();
  let dir = '';
  const onProgress = (line: string): void => {
    if (line.startsWith('directory ')) dir = line.slice('directory '.length);
    if (line.startsWith('slurmctld ')) stop.abort(new Error('enough'));
  };
  await expect(clusterUp({ signal: stop.signal, onProgress })).rejects.toThrow();
  expect(leftovers(dir, [])).toEqual([]);
}, 60_000);
