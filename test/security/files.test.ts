/** T3: files, directories and sockets of alice's kernels, under every umask of hers, tried by bob. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, readdir, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { digestParts, type LaunchRecord } from '@berth/schema';
import { until } from '../cluster/until.ts';
import { siteUp, type Site } from '../live/site.ts';
import { identify, isAlive, readProc, type ProcessIdentity } from '../cluster/process-identity.ts';
import { uidOf } from '../live/user-leftovers.ts';
import { bobOf, type Bob } from './bob.ts';

jest.setTimeout(90_000);

let site: Site;
let bob: Bob;
let python: string;
beforeAll(async () => {
  site = await siteUp();
  bob = await bobOf(site.cluster);
  python = await site.kernel('venv-python');
  // for once alice lets everybody through to the places below, so that each has to stand for itself
  await chmod(site.person('alice').area, 0o755);
}, 180_000);
afterAll(() => site?.down(), 60_000);

/** Processes of alice that belong to this cluster, by part of their command line. */
function processes(): readonly ProcessIdentity[] {
  const { user } = site.person('alice');
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && uidOf(pid) === user.uid)
    .flatMap((pid) => identify(pid) ?? [])
    .filter(({ pid }) =>
      `${readProc(pid, 'cmdline') ?? ''}${readProc(pid, 'environ') ?? ''}`.includes(site.cluster.dir),
    );
}

const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
const DENIED = /^(?:EACCES|EPERM)$/;

describe.each(['000', '002', '022', '077'])('umask %s', (octal) => {
  const umask = parseInt(octal, 8);
  let found: Readonly<Record<string, string>>;
  let connectionFile: string;
  let outcome: string;
  let outcomeMode: string;
  let record: LaunchRecord | undefined;
  let runtime: string;

  beforeAll(async () => {
    const alice = site.person('alice');
    const places = join(alice.area, `umask-${octal}`);
    await mkdir(places, { mode: 0o755 });
    await chmod(places, 0o1777);
    // where jupyter_client writes connection files; everybody may look around in it
    runtime = join(places, 'runtime');
    await mkdir(runtime);
    await chmod(runtime, 0o755);
    await chown(runtime, alice.user.uid, alice.user.gid);
    const name = await site.variant(python, `umask-${octal}`, (original) => {
      record = {
        ...original,
        node: { ...original.node, mountPoint: join(places, 'mnt') },
        // made by the kernel's own start, once: it takes a while
        store: { ...original.store, ...(umask === 0 ? { path: join(places, 'store') } : {}) },
      };
      return record;
    });
    const within = ['env', `TMPDIR=${runtime}`, 'sh', '-c', `umask ${octal}; exec "$@"`, 'sh'];
    const driver = await site.driver('alice', within);
    const kernel = await driver.kernel(name, { timeout: 80 });
    ({ connectionFile } = kernel);

    // an ended job leaves its last word in the connection file, which is replaced for that
    const other = await driver.kernel(name);
    const job = (await other.output('import os; print(os.environ["SLURM_JOB_ID"])')).trim();
    await site.run(['scancel', job]);
    await other.ended();
    outcome = other.connectionFile;
    const written = await until(() => readFileSync(outcome, 'utf8').includes('"berth_outcome"'), 5000);
    if (!written) throw new Error(`no outcome in ${outcome}\n${await other.log()}`);
    const inside = ['cwd', 'root', 'environ', 'mem', 'fd', 'maps', 'map_files'];
    const all = processes();
    const pid = await holderOf(all.map((one) => one.pid));
    const holder = all.find((one) => one.pid === pid);
    const paths = [
      connectionFile,
      outcome,
      record?.store.path ?? '',
      ...(await storeFiles(record)),
      join(places, 'mnt'),
      ...all.flatMap((one) => inside.map((name) => `/proc/${one.pid}/${name}`)),
      ...(await readdir(`/proc/${pid}/cwd`)).map((name) => `/proc/${pid}/cwd/${name}`),
      `/proc/${pid}/root${connectionFile}`,
    ];
    found = await bob.touch(paths);
    // some of what makes the hot set, or ended with the other kernel, may have gone before he came
    for (const gone of all.filter((one) => one !== holder && !isAlive(one)))
      for (const name of inside) Reflect.deleteProperty(found, `/proc/${gone.pid}/${name}`);
    // it goes with its client
    outcomeMode = await mode(outcome);
    await kernel.shutdown();
    await driver.dispose();
  }, 90_000);

  test('bob reads none of it', () => {
    const readable = Object.entries(found).filter(([, word]) => !DENIED.test(word));
    expect(readable).toEqual([]);
  });

  test('and that was everything: connection file, outcome, store, image, mount point, sockets', () => {
    const names = Object.keys(found).join('\n');
    for (const part of [
      connectionFile,
      outcome,
      '.sqfs',
      '/mnt',
      '/cwd/connection.json',
      '/cwd/k-1',
      '/cwd/environment',
    ])
      expect(names).toContain(part);
    expect(Object.keys(found).filter((path) => path.endsWith('/environ')).length).toBeGreaterThanOrEqual(4);
  });

  async function storeFiles(of: LaunchRecord | undefined): Promise<readonly string[]> {
    if (of === undefined) return [];
    const { hex } = digestParts(of.image.digest);
    const shelf = join(of.store.path, 'sqfs/sha256');
    return [join(of.store.path, 'sqfs'), shelf, join(shelf, `${hex}.sqfs`), join(of.store.path, 'tmp')];
  }

  test('modes are set, not left to the umask', async () => {
    expect(outcomeMode).toBe('600');
    expect(await mode(record?.node.mountPoint ?? '')).toBe('700');
    expect(await mode(record?.store.path ?? '')).toBe('700');
  });
});

/** The process whose current directory is a kernel's runtime directory. */
async function holderOf(pids: readonly number[]): Promise<number> {
  for (const pid of pids) {
    const names = await readdir(`/proc/${pid}/cwd`).catch((): string[] => []);
    const at = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (at.endsWith('/run') && names.includes('connection.json')) return pid;
  }
  throw new Error('no holder is there');
}

test('the guard off: what alice opens to everybody, the same probe reads', async () => {
  const { area } = site.person('alice');
  const open = join(area, 'open');
  await mkdir(open);
  await chmod(open, 0o755);
  const file = join(open, 'connection.json');
  await writeFile(join(open, 'private'), 'secret', { mode: 0o600 });
  await copyFile(join(open, 'private'), file);
  await chmod(file, 0o644);
  const socket = join(open, 'socket');
  const script = `import os, socket, sys
s = socket.socket(socket.AF_UNIX); os.umask(0); s.bind(sys.argv[1]); s.listen(); print("up", flush=True); sys.stdin.read()`;
  const listener = spawn('python3', ['-c', script, socket], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await new Promise((resolve) => listener.stdout.once('data', resolve));
    const mine = `/proc/${listener.pid}/environ`;
    const found = await bob.touch([open, file, socket, join(open, 'private'), mine]);
    expect(found).toMatchObject({ [open]: 'ok', [file]: 'ok', [socket]: 'ok' });
    expect(found[join(open, 'private')]).toMatch(DENIED);
    expect(found[mine]).toMatch(DENIED);
  } finally {
    listener.kill('SIGKILL');
  }
});

test('T5: a launch whose mount point bob has made first ends, and says so in the client’s log', async () => {
  const { bob: him } = site.cluster.users;
  const mountPoint = join(site.cluster.dir, 'squatted');
  await mkdir(mountPoint);
  await chown(mountPoint, him.uid, him.gid);
  await chmod(mountPoint, 0o777);
  const name = await site.variant(python, 'squatted', (record) => ({
    ...record,
    node: { ...record.node, mountPoint },
  }));
  const kernel = await (await site.driver()).launch(name);
  expect(await kernel.ended()).toBe(77);
  const log = await kernel.log();
  expect(log).toContain(`The mount point ${mountPoint} is not used: it belongs to uid ${him.uid}.`);
  expect(log).toContain('"node.mountPoint"');
  expect(await readdir(mountPoint)).toEqual([]);
});
