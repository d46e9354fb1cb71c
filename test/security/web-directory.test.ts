/** T5: the directory of the user server's sockets: made, never taken over; what bob lays in the way is left alone. */
import { chmod, chown, cp, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runAs } from '../cluster/as-user.ts';
import { ensureUsers, type ClusterUsers } from '../cluster/users.ts';
import { venvProgram } from '../jupyter/venv.ts';

let users: ClusterUsers;
let code: string;
let base: string;
beforeEach(async () => {
  users = await ensureUsers();
  code = await mkdtemp(join(tmpdir(), 'berth-directory-code-'));
  await chmod(code, 0o755);
  const source = join(import.meta.dirname, '../../extension/jupyter_berth/private_directory.py');
  await cp(source, join(code, 'private_directory.py'));
  // shared and sticky, as /tmp is
  base = await mkdtemp(join(tmpdir(), 'berth-base-'));
  await chmod(base, 0o1777);
});
afterEach(async () => {
  for (const place of [code, base]) await rm(place, { recursive: true, force: true });
});

/** Runs Python as alice with `private_directory` imported and `base` set; what it prints. */
async function alice(program: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const lines = `from private_directory import *\nbase = Path(${JSON.stringify(base)})\n${program}`;
  const argv = [venvProgram('python3'), '-B', '-c', lines];
  const { status, stdout, stderr } = await runAs(users.alice, { PYTHONPATH: code, ...env }, argv);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trim();
}
const name = (digit: string): string => `berth-${digit.repeat(32)}`;

test.each(['000', '002', '022', '077'])('mode 0700 under umask %s; gone after remove()', async (mask) => {
  const said = await alice(`os.umask(0o${mask})
mine = PrivateDirectory(base)
print(oct(stat.S_IMODE(mine.path.stat().st_mode)), NAME.fullmatch(mine.path.name) is not None, mine.exists())
mine.remove()
mine.remove()
print(mine.path.exists())`);
  expect(said).toBe('0o700 True True\nFalse');
});

test('what is swept: own, dead ones; not those that live, of bob, open to others, links, or named otherwise', async () => {
  const { alice: she, bob } = users;
  const make = async (entry: string, owner: { uid: number; gid: number }, mode: number): Promise<void> => {
    await mkdir(join(base, entry));
    await writeFile(join(base, entry, 'http.sock'), '');
    await chmod(join(base, entry), mode);
    await chown(join(base, entry), owner.uid, owner.gid);
  };
  await make(name('0'), she, 0o700);
  await make(name('1'), bob, 0o700);
  await make(name('2'), bob, 0o777);
  await make(name('3'), she, 0o755);
  await make('precious', she, 0o700);
  await symlink(join(base, 'precious'), join(base, name('4')));
  await make('berth-notes', she, 0o700);
  await alice(`living = PrivateDirectory(base)
other = PrivateDirectory(base)
assert living.exists() and other.exists()
other.remove()
living.remove()`);
  expect((await readdir(base)).sort()).toEqual(
    [name('1'), name('2'), name('3'), name('4'), 'berth-notes', 'precious'].sort(),
  );
  expect((await readdir(join(base, 'precious'))).length).toBe(1);
});

test('a name that bob has taken is not used, whatever it is: file, directory or link', async () => {
  for (const digit of ['a', 'b', 'c']) {
    const squatted = join(base, name(digit));
    if (digit === 'a') await mkdir(squatted, { mode: 0o777 });
    else if (digit === 'b') await writeFile(squatted, '');
    else await symlink('/home', squatted);
    // even if he could guess 128 bits
    const said = await alice(`secrets.token_hex = lambda _: ${JSON.stringify(digit)} * 32
try:
    print(PrivateDirectory(base).path)
except FileExistsError:
    print("refused")`);
    expect(said).toBe('refused');
  }
});

test('many at once: each has its own, and none sweeps another that is being made', async () => {
  const said = await alice(`import concurrent.futures
def one(_):
    mine = PrivateDirectory(base)
    ok = mine.exists()
    name = mine.path.name
    mine.remove()
    return name if ok else None
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    names = list(pool.map(one, range(1000)))
print(len(set(names)), None in names, os.listdir(base))`);
  expect(said).toBe('1000 False []');
}, 60_000);

test('what another sweeper removed and its maker made anew meanwhile is not swept', async () => {
  const said = await alice(`left = base / f"berth-{'0' * 32}"
left.mkdir(mode=0o700)
flock = fcntl.flock
def between(descriptor, how):
    left.rmdir()
    left.mkdir(mode=0o700)
    flock(descriptor, how)
fcntl.flock = between
sweep(base)
print(left.exists())`);
  expect(said).toBe('True');
});

test('XDG_RUNTIME_DIR only where it is hers and closed; a place whose sockets would have too long a name is passed over', async () => {
  const usable = (env: Readonly<Record<string, string>>): Promise<string> =>
    alice('print(next(usable_bases()))', env);
  const runtime = join(base, 'runtime');
  await mkdir(runtime, { mode: 0o700 });
  expect(await usable({ XDG_RUNTIME_DIR: runtime })).toBe('/tmp');
  await chown(runtime, users.alice.uid, users.alice.gid);
  expect(await usable({ XDG_RUNTIME_DIR: runtime })).toBe(runtime);
  await chmod(runtime, 0o755);
  expect(await usable({ XDG_RUNTIME_DIR: runtime })).toBe('/tmp');
  expect(await usable({ XDG_RUNTIME_DIR: 'relative' })).toBe('/tmp');
  const long = join(base, 'l'.repeat(60));
  await mkdir(long);
  await chown(long, users.alice.uid, users.alice.gid);
  expect(await usable({ TMPDIR: long })).toBe('/tmp');
  expect((await lstat(long)).isDirectory()).toBe(true);
});

test('a directory that is of bob, or open to him, is not taken for hers; without the look at owner and mode it would be', async () => {
  const squatted = join(base, name('d'));
  await mkdir(squatted);
  const look = (before = ''): Promise<string> =>
    alice(`import private_directory
${before}
try:
    os.close(private_directory._open_own(base / ${JSON.stringify(name('d'))}))
    print("taken")
except PermissionError:
    print("refused")`);
  const { uid, gid } = users.alice;
  await chown(squatted, users.bob.uid, users.bob.gid);
  await chmod(squatted, 0o755);
  expect(await look()).toBe('refused');
  const blind = `private_directory.os.getuid = lambda: ${users.bob.uid}
private_directory.stat.S_IMODE = lambda mode: 0o700`;
  expect(await look(blind)).toBe('taken');
  await chown(squatted, uid, gid);
  expect(await look()).toBe('refused');
  await chmod(squatted, 0o700);
  expect(await look()).toBe('taken');
});
