/** T4: secrets of alice's kernels, searched by bob in everything that the machine and Slurm tell him. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ConnectionFile } from '@berth/schema';
import { asUser, runAs } from '../cluster/as-user.ts';
import { until } from '../cluster/until.ts';
import type { DrivenKernel, Driver } from '../jupyter/driver.ts';
import { siteUp, type Site } from '../live/site.ts';
import { bobOf, type Bob } from './bob.ts';

jest.setTimeout(300_000);

const secret = (): string => randomBytes(32).toString('hex');
/** A second before the first of them is made. */
const since = Date.now() / 1000 - 1;
const canaries: Record<string, string> = {
  password: secret(),
  // Docker keeps it like this
  basic: '',
  variable: secret(),
};

let site: Site;
let bob: Bob;
let driver: Driver;
let python: string;
const kernels: DrivenKernel[] = [];
let credentials: string;
let before: string | undefined;
let hostile: Server;
let hostileUrl: string;
/** what it was told in Authorization */
const told: string[] = [];
beforeAll(async () => {
  canaries['basic'] = Buffer.from(`alice:${canaries['password']}`).toString('base64');
  site = await siteUp();
  bob = await bobOf(site.cluster);
  await openHostileRegistry();
  await giveCredentials();
  python = await site.kernel('venv-python');
  driver = await site.driver();
  const env = { BERTH_STAGES: '1', SECRET_OF_THE_SERVER: canaries['variable'] ?? '' };
  // a place that bob can look into: a core dump would land there
  const cwd = join(site.cluster.dir, 'work');
  await mkdir(cwd);
  const { uid, gid } = site.person('alice').user;
  await chown(cwd, uid, gid);
  await chmod(cwd, 0o755);
  kernels.push(await driver.kernel(python, { env, cwd }));
  kernels.push(await driver.kernel(python, { env, encryption: 'required' }));
  for (const [index, { connectionFile }] of kernels.entries()) {
    const connection = ConnectionFile.parse(JSON.parse(await readFile(connectionFile, 'utf8')));
    canaries[`key ${index}`] = connection.key;
    if (connection.curve_secretkey !== undefined) canaries['curve'] = connection.curve_secretkey;
  }
}, 240_000);
afterAll(async () => {
  if (credentials)
    await (before === undefined ? rm(credentials, { force: true }) : writeFile(credentials, before));
  hostile?.close();
  hostile?.closeAllConnections();
  await site?.down();
}, 60_000);

/** It asks for the password and sends it back in all that it says. */
async function openHostileRegistry(): Promise<void> {
  hostile = createServer((request, response) => {
    const { authorization = '' } = request.headers;
    told.push(authorization);
    const status = authorization === '' ? 401 : 400;
    const word = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
    response.writeHead(status, `no ${authorization}`, {
      'WWW-Authenticate': `Basic realm="${authorization}"`,
      'Content-Type': 'application/json',
    });
    response.end(JSON.stringify({ errors: [{ code: 'DENIED', message: `${word} ${authorization}` }] }));
  });
  await new Promise<void>((resolve) => hostile.listen(0, '127.0.0.1', resolve));
  hostileUrl = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}`;
}

/** alice's ~/.docker/config.json gets an entry for that registry; what else is in it stays. */
async function giveCredentials(): Promise<void> {
  const { home, uid, gid } = site.person('alice').user;
  const directory = join(home, '.docker');
  credentials = join(directory, 'config.json');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  before = await readFile(credentials, 'utf8').catch(() => undefined);
  const old = JSON.parse(before ?? '{}') as { auths?: object };
  const auths = { ...old.auths, [new URL(hostileUrl).host]: { auth: canaries['basic'] } };
  await writeFile(`${credentials}.new`, JSON.stringify({ ...old, auths }), { mode: 0o600 });
  for (const path of [directory, `${credentials}.new`]) await chown(path, uid, gid);
  await rename(`${credentials}.new`, credentials);
}

/** All that Slurm tells bob, in the widest formats. */
async function slurmSays(): Promise<string> {
  const { users, env } = site.cluster;
  const fields = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
    .split('')
    .map((letter) => `%${letter}`);
  const said: string[] = [];
  for (const argv of [
    ['scontrol', '--details', 'show', 'job'],
    ['scontrol', '--details', '--all', 'show', 'step'],
    ['scontrol', 'show', 'node'],
    ['squeue', '--all', `--format=${fields.join('|')}`],
    ['squeue', '--all', '--steps'],
    ['squeue', '--all', '--Format=:all:'],
    ['sacct', '--allusers', '--long'],
    ['sstat', '--allsteps', '--jobs=1'],
  ]) {
    const { stdout, stderr } = await runAs(users.bob, env, argv);
    said.push(stdout, stderr);
  }
  return said.join('\n');
}

const inText = (text: string): readonly string[] =>
  Object.entries(canaries).flatMap(([name, word]) => (text.includes(word) ? [name] : []));

const search = (more: Readonly<Record<string, string>> = {}) =>
  bob.search({
    canaries: { ...canaries, ...more },
    // logs, spool and state of Slurm, what the drivers and kernels write, core dumps
    roots: [site.cluster.dir, '/tmp', '/var/tmp', '/dev/shm', '/var/log', '/run'],
    files: [],
    since,
  });

test('the canaries are there, and no two are the same', () => {
  expect(Object.keys(canaries).sort()).toEqual(['basic', 'curve', 'key 0', 'key 1', 'password', 'variable']);
  expect(new Set(Object.values(canaries)).size).toBe(6);
  for (const word of Object.values(canaries)) expect(word.length).toBeGreaterThanOrEqual(32);
});

describe('while kernels run', () => {
  test('Slurm tells nothing', async () => {
    const said = await slurmSays();
    expect(said).toContain('berth:');
    expect(inText(said)).toEqual([]);
  });

  test('command lines, environments and files that bob can read hold nothing', async () => {
    const { hits, seen } = await search();
    expect(hits).toEqual([]);
    expect(seen.cmdline).toBeGreaterThan(20);
    expect(seen.files).toBeGreaterThan(10);
  });

  test('neither does the client’s log', async () => {
    for (const kernel of kernels) {
      const log = await kernel.log();
      expect(log).toContain('the kernel runs');
      expect(inText(log)).toEqual([]);
    }
  });

  test('the variable of the server has not even reached the kernel', async () => {
    const env = await kernels[0]?.output('import os; print(dict(os.environ))');
    expect(inText(env ?? '')).toEqual([]);
  });
});

describe('when things go wrong', () => {
  test('a kernel that dumps its core, a launcher that is killed, a registry that repeats the password', async () => {
    const [first, second] = kernels;
    await first?.send(
      'import resource as r; r.setrlimit(r.RLIMIT_CORE, (r.getrlimit(r.RLIMIT_CORE)[1],) * 2)',
    );
    await first?.send('import os; os.abort()');
    expect(await first?.ended()).not.toBe(0);
    if (second) process.kill(second.pid, 'SIGKILL');
    const wrong = await site.variant(python, 'wrong', (record) => ({
      ...record,
      source: { ...record.source, url: hostileUrl },
      image: { ...record.image, digest: `sha256:${'0'.repeat(64)}` },
    }));
    const failed = await driver.launch(wrong);
    expect(await failed.ended()).not.toBe(0);
    const { key } = ConnectionFile.parse(JSON.parse(await readFile(failed.connectionFile, 'utf8')));
    canaries['key of the failed one'] = key;
    for (const kernel of [...kernels, failed]) expect(inText(await kernel.log())).toEqual([]);
    expect(told).toContain(`Basic ${canaries['basic']}`);
    expect(await failed.log()).toMatch(/^berth: .*127\.0\.0\.1/m);
    const { hits } = await search();
    expect(hits).toEqual([]);
    expect(inText(await slurmSays())).toEqual([]);
  });
});

describe('the guard off: a job of alice with a secret in its command line, name, comment and log', () => {
  test('the same search finds it in each of them', async () => {
    const leaked = `leak-${secret()}`.slice(0, 60);
    const { alice } = site.cluster.users;
    const log = join(site.cluster.dir, 'people', 'leak.log');
    const argv = ['srun', '--quiet', '--mem=50', `--job-name=${leaked}`, `--comment=${leaked}`];
    const script = 'echo "$0" >"$1"; chmod 644 "$1"; sleep 240; exit "$2"';
    await chmod(join(site.cluster.dir, 'people'), 0o1777);
    const { command, args } = asUser(alice, site.cluster.env, [
      ...argv,
      'sh',
      '-c',
      script,
      leaked,
      log,
      '0',
    ]);
    const job = spawn(command, args, { cwd: '/', stdio: 'ignore' });
    try {
      expect(
        await until(
          () =>
            readFile(log).then(
              () => true,
              () => false,
            ),
          20_000,
        ),
      ).toBe(true);
      expect((await slurmSays()).split(leaked).length).toBeGreaterThan(3);
      const { hits } = await search({ leaked });
      const places = hits.filter(([name]) => name === 'leaked').map(([, place]) => place);
      expect(places).toEqual(expect.arrayContaining(['/proc/PID/cmdline', log]));
      expect(places).not.toContain('/proc/PID/environ');
    } finally {
      job.kill('SIGTERM');
      await until(() => job.exitCode !== null || job.signalCode !== null, 10_000);
    }
  });
});
