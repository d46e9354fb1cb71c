/** T5: what alice's launch would use is squatted by bob, in a place that both may write. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { asUser, runAs } from '../cluster/as-user.ts';
import { until } from '../cluster/until.ts';
import { ensureUsers, type ClusterUser, type ClusterUsers } from '../cluster/users.ts';
import { venvProgram } from '../jupyter/venv.ts';
import { nodeFor } from './node-for.ts';
import { bundleWithout, type RemovedGuard } from './without-guard.ts';

const file = 'spawner/native/safe_parents.c';
const NO_PARENT_CHECK: RemovedGuard = {
  file,
  from: 'return walk_path(&walk, path, 0);',
  to: 'return path[0] == 0 ? walk_path(&walk, path, 0) : true;',
};
/** That of the mount point; the store's reads the same. */
const NO_OWNER_CHECK: RemovedGuard = {
  file,
  from: 'if (found.st_uid != walk.uid) return refuse(&walk, "it belongs to uid %u", found.st_uid);\n  if ((found.st_mode & 0777)',
  to: 'if ((found.st_mode & 0777)',
};
const NO_MODE: RemovedGuard = {
  file,
  from: '(found.st_mode & 0777) != 0700 && chmod',
  to: 'found.st_size < 0 && chmod',
};

interface Held {
  readonly mode?: string;
  readonly owner?: number;
  /** what the root file system shows that the kernel would get */
  readonly root?: string;
  readonly code?: string;
  readonly sentence?: string;
}

jest.setTimeout(150_000);

let base: string;
let users: ClusterUsers;
let node: string;
const builds = new Map<string, string>();

beforeAll(async () => {
  users = await ensureUsers();
  base = await mkdtemp(join(tmpdir(), 'berth-squat-'));
  await chmod(base, 0o755);
  node = await nodeFor(base);
  const variants = {
    guarded: [],
    'no-parent-check': [NO_PARENT_CHECK],
    'no-owner-check': [NO_OWNER_CHECK, NO_MODE],
  };
  for (const [name, removed] of Object.entries(variants)) {
    const outdir = join(base, name);
    await bundleWithout(removed, { hold: 'test/security/hold.ts' }, outdir);
    builds.set(name, join(outdir, 'hold.mjs'));
  }
  await mkdir(join(base, 'image'));
  await writeFile(join(base, 'image/marker'), 'of the image');
});
afterAll(() => rm(base, { recursive: true, force: true }));

/** A directory as /tmp is: everybody's, sticky. */
let shared: string;
beforeEach(async () => {
  shared = await directory(join(base, 'shared'), 0o1777);
});
afterEach(() => rm(shared, { recursive: true, force: true }));

async function directory(path: string, mode: number, owner?: ClusterUser): Promise<string> {
  await mkdir(path);
  await chmod(path, mode);
  if (owner) await chown(path, owner.uid, owner.gid);
  return path;
}

/** What alice's launches do with that mount point and store, `times` in a row. */
async function hold(
  places: { readonly mountPoint?: string; readonly store?: string },
  { build = 'guarded', times = 1, looks = 1 } = {},
): Promise<readonly Held[]> {
  const {
    mountPoint = join(await directory(join(shared, 'of-alice'), 0o700, users.alice), 'mnt'),
    store = '',
  } = places;
  const argv = [
    node,
    builds.get(build) ?? '',
    mountPoint,
    store,
    join(base, 'image'),
    `${times}`,
    `${looks}`,
  ];
  const { stdout, stderr, status } = await runAs(users.alice, {}, argv, { timeoutMs: 120_000 });
  const lines = stdout.trim().split('\n');
  if (lines.length !== times)
    throw new Error(`${lines.length} of ${times}, status ${status}: ${lines.at(-1)}\n${stderr.slice(-2000)}`);
  return lines.map((line) => JSON.parse(line) as Held);
}

/** Names below a directory that belong to alice. */
async function ofAlice(path: string): Promise<string[]> {
  const names = (await readdir(path, { recursive: true })).map((name) => join(path, name));
  const owners = await Promise.all(names.map(async (name) => (await lstat(name)).uid));
  return names.filter((_, index) => owners[index] === users.alice.uid);
}

const refused = (why: RegExp) => ({
  code: 'mount-point-refused',
  sentence: expect.stringMatching(why) as unknown as string,
});

test("nobody is in the way: the mount point is alice's, 0700, and holds what her kernel needs", async () => {
  const mountPoint = join(shared, 'mnt');
  const [held] = await hold({ mountPoint });
  expect(held).toMatchObject({ mode: '700', owner: users.alice.uid, root: 'of the image' });
});

describe('bob was first', () => {
  const mountPoint = (): string => join(shared, 'mnt');

  test('with a directory', async () => {
    await directory(mountPoint(), 0o777, users.bob);
    expect(await hold({ mountPoint: mountPoint() })).toEqual([refused(/belongs to uid/)]);
    expect(await ofAlice(shared)).toEqual([]);
  });

  test.each(['of-bob', 'nowhere', 'of-alice'])('with a symbolic link to %s', async (target) => {
    await directory(join(shared, 'of-bob'), 0o777, users.bob);
    await directory(join(shared, 'of-alice'), 0o700, users.alice);
    await runAs(users.bob, {}, ['ln', '-s', join(shared, target), mountPoint()]);
    expect(await hold({ mountPoint: mountPoint() })).toEqual([refused(/the link .* belongs to uid/)]);
    expect(await ofAlice(shared)).toEqual([join(shared, 'of-alice')]);
  });

  test('with a file', async () => {
    await runAs(users.bob, {}, ['touch', mountPoint()]);
    expect(await hold({ mountPoint: mountPoint() })).toEqual([refused(/not a directory/)]);
  });

  test.each([0o755, 0o777, 0o1777])('with a directory above it, mode %o', async (mode) => {
    const above = await directory(join(shared, 'above'), mode, users.bob);
    expect(await hold({ mountPoint: join(above, 'deeper', 'mnt') })).toEqual([
      refused(/above it belongs to uid/),
    ]);
    expect(await ofAlice(above)).toEqual([]);
  });

  test('with a link above it', async () => {
    await directory(join(shared, 'own'), 0o700, users.alice);
    await runAs(users.bob, {}, ['ln', '-s', join(shared, 'own'), join(shared, 'above')]);
    expect(await hold({ mountPoint: join(shared, 'above', 'mnt') })).toEqual([refused(/the link/)]);
  });
});

test("a directory above, in which everybody may rename, is refused though it is root's", async () => {
  const above = await directory(join(shared, 'above'), 0o777);
  expect(await hold({ mountPoint: join(above, 'mnt') })).toEqual([refused(/everybody may write/)]);
});

test('the mount point in her home: bob cannot even look at what is above it', async () => {
  const mountPoint = join(users.alice.home, '.local/share/berth/mnt');
  const { status, stderr } = await runAs(users.bob, { LC_ALL: 'C' }, ['ln', '-s', '/tmp', mountPoint]);
  expect(status).not.toBe(0);
  expect(stderr).toContain('Permission denied');
});

describe('the store', () => {
  const digest = 'a'.repeat(64);

  test.each([
    ['guarded', 'store-refused'],
    // without the guard her launch goes on with a file that bob may exchange at any moment
    ['no-parent-check', undefined],
  ])('below a directory of bob: %s', async (build, code) => {
    const above = await directory(join(shared, 'above'), 0o777, users.bob);
    const store = await directory(join(above, 'store'), 0o700, users.alice);
    await mkdir(join(store, 'sqfs/sha256'), { recursive: true });
    const image = join(store, 'sqfs/sha256', `${digest}.sqfs`);
    await writeFile(image, '');
    for (const path of [join(store, 'sqfs'), join(store, 'sqfs/sha256'), image])
      await chown(path, users.alice.uid, users.alice.gid);
    const [held] = await hold({ store }, { build });
    expect(held?.code).toBe(code);
    const exchanged = await runAs(users.bob, {}, ['mv', store, join(above, 'aside')]);
    expect(exchanged.status).toBe(0);
  });

  test('which bob has made himself', async () => {
    const store = await directory(join(shared, 'store'), 0o777, users.bob);
    const [held] = await hold({ store });
    expect(held?.code).toBe('store-refused');
    expect(await ofAlice(store)).toEqual([]);
  });
});

describe('bob exchanges directory and link without a pause, while alice starts', () => {
  let flipper: ChildProcess;
  afterEach(async () => {
    flipper.kill('SIGKILL');
    await until(() => flipper.exitCode !== null || flipper.signalCode !== null, 5000);
  });

  /** `how`: squat | exchange, see flip.py */
  async function flip(how: string, at: string): Promise<void> {
    const evil = await directory(join(shared, 'evil'), 0o777, users.bob);
    for (const name of ['run', 'tmp', 'image', 'points', 'root'])
      await directory(join(evil, name), 0o777, users.bob);
    await writeFile(join(evil, 'root/marker'), 'of bob');
    const source = join(import.meta.dirname, 'flip.py');
    const { command, args } = asUser(users.bob, {}, [venvProgram('python3'), '-B', '-', how, at, evil]);
    flipper = spawn(command, args, { cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] });
    if (flipper.stdin) createReadStream(source).pipe(flipper.stdin);
    await new Promise((resolve) => flipper.stdout?.once('data', resolve));
  }

  test("250 starts in a sticky directory: each is alice's own or refused, and nothing of hers reaches bob", async () => {
    const mountPoint = join(shared, 'mnt');
    await flip('squat', mountPoint);
    const all = await hold({ mountPoint }, { times: 250 });
    const own = all.filter(({ code }) => code === undefined);
    for (const held of own) {
      expect(held).toMatchObject({ mode: '700', owner: users.alice.uid, root: 'of the image' });
    }
    const codes = new Set(all.flatMap(({ code }) => code ?? []));
    expect([...codes]).toEqual(['mount-point-refused']);
    expect(await ofAlice(join(shared, 'evil'))).toEqual([]);
  });

  // bob's directory is used when one of the two guards is missing, which also shows that the race is a real one
  test.each([
    ['no-owner-check', 'exchange'],
    ['no-parent-check', 'exchange-above'],
  ])('%s: alice would run what bob has put there', async (build, how) => {
    const above = how === 'exchange' ? shared : await directory(join(shared, 'above'), 0o777, users.bob);
    const mountPoint = join(above, 'mnt');
    if (how === 'exchange') await directory(mountPoint, 0o755, users.bob);
    await flip(how, mountPoint);
    let caught = false;
    for (let round = 0; round < 10 && !caught; round++) {
      const all = await hold({ mountPoint }, { build, times: 20, looks: 20 });
      caught = all.some(({ root }) => root === 'of bob');
    }
    expect(caught).toBe(true);
  });
});
