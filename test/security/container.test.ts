/** T7: what a kernel sees of the machine, and how it is held. It is packaging, not a sandbox against the kernel of the system. */
import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chown, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { DrivenKernel, Driver } from '../jupyter/driver.ts';
import { siteUp, type Site } from '../live/site.ts';
import { specOf } from './spec-of.ts';
import { installWithout } from './without-guard.ts';

jest.setTimeout(90_000);

let site: Site;
let python: string;
let driver: Driver;
let kernel: DrivenKernel;
const canary = `canary-${randomBytes(16).toString('hex')}`;

beforeAll(async () => {
  site = await siteUp();
  python = await site.kernel('venv-python');
  driver = await site.driver();
  kernel = await driver.kernel(python, {
    env: { NOT_PASSED: canary, SLURM_JWT: canary, TZ: 'Etc/UTC' },
  });
}, 180_000);
afterAll(() => site?.down(), 60_000);

/** Evaluates a Python expression in that kernel. */
async function value<T>(expression: string, of = kernel): Promise<T> {
  return JSON.parse(await of.output(`import json, os, re; print(json.dumps(${expression}))`)) as T;
}

const mungeSocket = (): string => {
  const conf = execFileSync('grep', ['^AuthInfo=socket=', site.cluster.slurmConf], { encoding: 'utf8' });
  return conf.trim().replace('AuthInfo=socket=', '');
};
/** munge's socket, the cluster's files, and what a Debian machine has in the same places */
const secrets = (): readonly string[] => [
  mungeSocket(),
  site.cluster.slurmConf,
  site.cluster.dir,
  ...['/run/munge', '/var/run/munge', '/etc/munge', '/etc/slurm', '/etc/slurm-llnl'],
];
const seen = (of?: DrivenKernel): Promise<readonly string[]> =>
  value(`[p for p in ${JSON.stringify(secrets())} if os.path.lexists(p)]`, of);

/** Where something of the host is mounted inside. */
const targets = (of?: DrivenKernel): Promise<readonly string[]> =>
  value(`sorted({line.split()[4] for line in open("/proc/self/mountinfo")})`, of);
/** ch-run's own binds (0.31), and what an ordinary start of ours adds */
const CH_RUN = ['/', '/dev', '/proc', '/sys', '/etc/group', '/etc/hosts', '/etc/passwd', '/etc/resolv.conf'];
const OURS = ['/run/berth', '/tmp'];
const beyond = (found: readonly string[], home: string): readonly string[] => {
  const allowed = [...CH_RUN, ...OURS, home];
  // what the host has mounted below /dev, /proc and /sys comes along with them
  return found.filter((at) => !allowed.includes(at) && !/^\/(?:dev|proc|sys)\//.test(at));
};

/** How many mounts of the host's /tmp lie on /tmp, hidden ones too. */
async function hostTmp(of?: DrivenKernel): Promise<number> {
  const { dev } = await stat('/tmp');
  const device = `${dev >> 8}:${dev & 255}`;
  const mounts = await value<string[][]>('[l.split() for l in open("/proc/self/mountinfo")]', of);
  return mounts.filter(([, , on, , at]) => at === '/tmp' && on === device).length;
}

test('no munge socket, no slurm.conf, nothing of the services', async () => {
  expect(await seen()).toEqual([]);
  expect(await value('os.listdir("/run/berth")')).toEqual(expect.arrayContaining(['connection.json', 'k-1']));
});

test('the environment: built from nothing, with no foreign word in it', async () => {
  const env = await value<Record<string, string>>('dict(os.environ)');
  expect(JSON.stringify(env)).not.toContain(canary);
  expect(env['TZ']).toBe('Etc/UTC');
  expect(env['SLURM_JOB_ID']).toMatch(/^\d+$/);
  for (const name of ['SLURM_CONF', 'SLURM_JWT', 'MUNGE_SOCKET', 'JPY_SESSION_NAME', 'BERTH_CONFIG'])
    expect(env).not.toHaveProperty(name);
});

test('from outside come the runtime directory, the home, and what ch-run binds itself', async () => {
  const { home } = site.person('alice').user;
  const found = await targets();
  expect(beyond(found, home)).toEqual([]);
  expect(found).toEqual(expect.arrayContaining([home, '/run/berth', '/tmp']));
});

test('by design also the current directory, wherever a person has put it', async () => {
  const { user } = site.person('alice');
  const cwd = join('/var/tmp', `berth-${canary}`);
  await mkdir(cwd, { mode: 0o700 });
  await chown(cwd, user.uid, user.gid);
  try {
    const there = await driver.kernel(python, { cwd });
    expect(beyond(await targets(there), user.home)).toEqual([cwd]);
    expect(await value('os.getcwd()', there)).toBe(cwd);
    await there.shutdown();
  } finally {
    await rm(cwd, { recursive: true });
  }
});

test('/tmp is each kernel’s own, 0700, and not the host’s', async () => {
  const name = `/tmp/berth-${canary}`;
  const { uid, gid } = site.person('alice').user;
  await writeFile(name, '');
  await chown(name, uid, gid);
  try {
    expect(await value('os.listdir("/tmp")')).not.toContain(`berth-${canary}`);
    expect(await kernel.output(`open("/tmp/inside-${canary}", "w").close()`)).toBe('');
    expect(execFileSync('ls', ['/tmp'], { encoding: 'utf8' })).not.toContain(`inside-${canary}`);
    const other = await driver.kernel(python);
    expect(await value('[n for n in os.listdir("/tmp") if "canary" in n]', other)).toEqual([]);
    await other.shutdown();
    expect(await value('oct(os.stat("/tmp").st_mode & 0o777)')).toBe('0o700');
    // nor does it lie below, for somebody who becomes root in a namespace and takes the mount away
    const peel = 'for i in 1 2 3 4; do umount -l /tmp 2>/dev/null; ls -a /tmp; done';
    const below = await kernel.output(`import subprocess
print(subprocess.run(["unshare", "-Urm", "sh", "-c", ${JSON.stringify(peel)}], capture_output=True, text=True).stdout)`);
    expect(below).toContain(`inside-${canary}`);
    expect(below).not.toContain(`berth-${canary}`);
    expect(await hostTmp()).toBe(0);
  } finally {
    await rm(name);
  }
});

test('the image cannot be written', async () => {
  const tries = ['/berth-x', '/usr/berth-x', '/etc/berth-x', '/opt/berth-x', '/var/berth-x'];
  await kernel.output(`import errno
def attempt(path):
    try:
        open(path, "w").close()
        return "written"
    except OSError as e:
        return errno.errorcode[e.errno]`);
  const words = await value<string[]>(`[attempt(p) for p in ${JSON.stringify(tries)}]`);
  for (const word of words) expect(['EROFS', 'EACCES', 'EPERM']).toContain(word);
  expect(await value('os.statvfs("/").f_flag & os.ST_RDONLY')).toBe(1);
});

test('one user id, no capability, no way to one', async () => {
  const { uid, gid } = site.person('alice').user;
  // the middle column counts in ch-run's first namespace, where the same user is 0; there is no second line
  expect(await value('open("/proc/self/uid_map").read().split()')).toEqual([`${uid}`, '0', '1']);
  expect(await value('open("/proc/self/gid_map").read().split()')).toEqual([`${gid}`, '0', '1']);
  const status = await value<Record<string, string>>(
    'dict(re.findall(r"^(\\w+):\\s*(.*)$", open("/proc/self/status").read(), re.M))',
  );
  expect(status).toMatchObject({ NoNewPrivs: '1' });
  for (const set of ['CapEff', 'CapPrm', 'CapInh', 'CapAmb']) expect(status[set]).toMatch(/^0+$/);
});

test('through /proc nothing of the host either: only processes of the same container have a root to enter', async () => {
  await kernel.output(`def entered():
    mine, found = os.readlink("/proc/self/ns/mnt"), []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            os.listdir(f"/proc/{pid}/root/")
            if os.readlink(f"/proc/{pid}/ns/mnt") != mine: found.append(pid)
        except OSError:
            pass
    return found`);
  expect(await value('entered()')).toEqual([]);
});

describe('the guard off: a site that mounts the host’s directories', () => {
  test('the same probes see munge, slurm.conf and the host’s /tmp', async () => {
    const { home } = site.person('alice').user;
    const name = await site.variant(python, 'open', (record) => ({
      ...record,
      container: {
        ...record.container,
        mounts: [
          { source: '/run', target: '/mnt/run' },
          { source: '/tmp', target: '/tmp' },
        ],
      },
    }));
    const open = await driver.kernel(name);
    expect(beyond(await targets(open), home).length).toBeGreaterThan(0);
    expect(await seen(open)).toEqual(
      expect.arrayContaining([mungeSocket(), site.cluster.slurmConf, site.cluster.dir]),
    );
    expect(await value(`open(${JSON.stringify(site.cluster.slurmConf)}).read()`, open)).toContain('AuthInfo');
    await open.shutdown();
  });

  test('without --private-tmp the host’s /tmp lies below the kernel’s', async () => {
    const guard = {
      file: 'spawner/src/launch/ch-run-argv.ts',
      from: "place.chRun, '--private-tmp', ",
      to: 'place.chRun, ',
    };
    const berth = await installWithout([guard], site.berth, join(site.cluster.dir, 'no-private-tmp'));
    const hidden = await driver.kernel(await specOf(site, python, 'no-private-tmp', berth));
    expect(await hostTmp(hidden)).toBe(1);
    await hidden.shutdown();
  });

  test('a variable that the site lets through is found by the same probe', async () => {
    const name = await site.variant(python, 'passing', (record) => ({
      ...record,
      container: { ...record.container, passEnv: ['NOT_PASSED'] },
    }));
    const passing = await driver.kernel(name, { env: { NOT_PASSED: canary } });
    expect(await value('dict(os.environ)', passing)).toMatchObject({ NOT_PASSED: canary });
    await passing.shutdown();
  });
});
