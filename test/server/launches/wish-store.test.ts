import { spawnSync } from 'node:child_process';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MAX_WISHES, WishStore } from '../../../server/src/launches/wish-store.ts';
import { LARGE, SMALL } from './board-fixture.ts';

let directory: string;
let file: string;
let noted: string[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wishes-'));
  file = join(directory, 'state/wishes.json');
  noted = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const store = (root = directory): WishStore => new WishStore({ file, root }, (why) => noted.push(why));
const wish = (path: string, resources = SMALL) => ({ path, kernel: 'python', resources });
const AT = '2026-11-21T03:00:00.000Z';

test('what was put is there, also for the next server; the last word counts', async () => {
  const one = store();
  const root = await realpath(directory);
  await one.put(wish('a.ipynb'), AT);
  await one.put(wish('a.ipynb', LARGE), AT);
  expect(await one.of('a.ipynb', 'python')).toEqual({ wish: wish('a.ipynb', LARGE), at: AT, root });
  expect(await store().of('a.ipynb', 'python')).toEqual({ wish: wish('a.ipynb', LARGE), at: AT, root });
  expect(await store().of('a.ipynb', 'r')).toBeUndefined();
  expect(await store().newestOf('a.ipynb')).toMatchObject({ wish: { resources: LARGE } });
  expect(noted).toEqual([]);
});

test('0600 in a 0700 directory, whatever the umask; no other file stays', async () => {
  const before = process.umask(0);
  try {
    await store().put(wish('a.ipynb'), AT);
  } finally {
    process.umask(before);
  }
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(directory, 'state'))).mode & 0o777).toBe(0o700);
  expect(await readdir(join(directory, 'state'))).toEqual(['wishes.json']);
});

test('two servers of one person see each other`s words', async () => {
  const [one, two] = [store(), store()];
  await one.put(wish('a.ipynb'), AT);
  expect(await two.of('a.ipynb', 'python')).toBeDefined();
  await two.put(wish('b.ipynb'), AT);
  expect(await one.of('b.ipynb', 'python')).toBeDefined();
  expect(await one.of('a.ipynb', 'python')).toBeDefined();
});

test('many at once are all kept; beyond the bound the oldest go', async () => {
  const root = await realpath(directory);
  const wishes = Array.from({ length: MAX_WISHES }, (_, at) => ({ wish: wish(`${at}.ipynb`), at: AT, root }));
  await mkdir(join(directory, 'state'));
  await writeFile(file, JSON.stringify({ version: 1, wishes }));
  const one = store();
  await Promise.all([0, 1, 2, 3, 4].map((at) => one.put(wish(`new-${at}.ipynb`), AT)));
  const next = store();
  expect(await next.of('4.ipynb', 'python')).toBeUndefined();
  expect(await next.of('5.ipynb', 'python')).toBeDefined();
  for (const at of [0, 1, 2, 3, 4]) expect(await next.of(`new-${at}.ipynb`, 'python')).toBeDefined();
});

describe('a file that is not in order (F21)', () => {
  test.each(['', '{', 'null', '[]', '\0'.repeat(100)])(
    '%j is put aside, and the store works',
    async (text) => {
      await mkdir(join(directory, 'state'));
      await writeFile(file, text);
      const one = store();
      expect(await one.of('a.ipynb', 'python')).toBeUndefined();
      expect(noted).toEqual(['it is not in order, and was put aside']);
      expect(await readFile(`${file}.broken`, 'utf8')).toBe(text);
      await one.put(wish('a.ipynb'), AT);
      expect(await store().of('a.ipynb', 'python')).toBeDefined();
    },
  );
  test('one rotten entry is left out, the others stay', async () => {
    const one = store();
    await one.put(wish('a.ipynb'), AT);
    await one.put(wish('b.ipynb'), AT);
    const state = JSON.parse(await readFile(file, 'utf8')) as { wishes: { wish: { resources: unknown } }[] };
    for (const entry of state.wishes.slice(0, 1)) entry.wish.resources = { memory: '--uid=0' };
    await writeFile(file, JSON.stringify(state));
    const next = store();
    expect(await next.of('a.ipynb', 'python')).toBeUndefined();
    expect(await next.of('b.ipynb', 'python')).toBeDefined();
    expect(noted).toEqual(['1 entries of it are left out']);
  });
});

describe('a word is for one file of one Jupyter, not for a path', () => {
  const make = async (path: string): Promise<void> => {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, '{}');
  };
  test('the same path below another root is another notebook', async () => {
    const [project, downloads] = [join(directory, 'project'), join(directory, 'downloads')];
    for (const root of [project, downloads]) await mkdir(root);
    await store(project).put(wish('Untitled.ipynb'), AT);
    expect(await store(downloads).of('Untitled.ipynb', 'python')).toBeUndefined();
    expect(await store(downloads).newestOf('Untitled.ipynb')).toBeUndefined();
    // of the root alone: by the same, also by another name of it, it is there
    await symlink(project, join(directory, 'other-name'));
    expect(await store(join(directory, 'other-name')).of('Untitled.ipynb', 'python')).toBeDefined();
    await store(downloads).put(wish('Untitled.ipynb', LARGE), AT);
    expect(await store(project).of('Untitled.ipynb', 'python')).toMatchObject({ wish: { resources: SMALL } });
  });
  test('a file that took the name of a deleted or renamed one is another; what was saved in place is the same', async () => {
    const [path, one] = [join(directory, 'a.ipynb'), store()];
    await make(path);
    await one.put(wish('a.ipynb'), AT);
    await writeFile(path, '{"saved": true}');
    expect(await one.of('a.ipynb', 'python')).toBeDefined();
    await rename(path, join(directory, 'b.ipynb'));
    expect(await one.of('a.ipynb', 'python')).toBeUndefined();
    await make(path);
    expect(await one.of('a.ipynb', 'python')).toBeUndefined();
    expect(await one.newestOf('a.ipynb')).toBeDefined();
    await one.put(wish('a.ipynb'), AT);
    expect(await one.of('a.ipynb', 'python')).toBeDefined();
    // the clock of older kernels tells files of one tick of it for born together
    await sleep(20);
    await rm(path);
    await make(path);
    expect(await one.of('a.ipynb', 'python')).toBeUndefined();
  });
});

test('a read that fails is not an empty file: asked meanwhile, nothing put, all there again afterwards', async () => {
  const one = store();
  await one.put(wish('a.ipynb'), AT);
  await rename(file, `${file}.real`);
  await symlink(file, file);
  expect(await one.of('a.ipynb', 'python')).toBeUndefined();
  expect(noted).toEqual([expect.stringContaining('it cannot be read (ELOOP')]);
  await expect(one.put(wish('b.ipynb'), AT)).rejects.toMatchObject({ code: 'wish-not-kept' });
  await rename(`${file}.real`, file);
  await one.put(wish('b.ipynb'), AT);
  for (const path of ['a.ipynb', 'b.ipynb']) expect(await store().of(path, 'python')).toBeDefined();
});

test('a file of a newer Berth stays as it is, and nothing is read of it', async () => {
  await mkdir(join(directory, 'state'));
  const text = '{"version":2,"wishes":[]}';
  await writeFile(file, text);
  expect(await store().of('a.ipynb', 'python')).toBeUndefined();
  const put = store().put(wish('a.ipynb'), AT);
  await expect(put).rejects.toMatchObject({
    code: 'wish-not-kept',
    message: expect.stringContaining('it is of a newer Berth') as unknown,
  });
  expect(await readFile(file, 'utf8')).toBe(text);
  expect(await readdir(join(directory, 'state'))).toEqual(['wishes.json']);
});

test('a directory that cannot be made is a failure with a name, and nothing is kept in memory only', async () => {
  await writeFile(join(directory, 'state'), '');
  const one = store();
  await expect(one.put(wish('a.ipynb'), AT)).rejects.toMatchObject({ code: 'wish-not-kept' });
  expect(await one.of('a.ipynb', 'python')).toBeUndefined();
  await rm(join(directory, 'state'));
  await one.put(wish('a.ipynb'), AT);
  expect(await one.of('a.ipynb', 'python')).toBeDefined();
});

test('a full file system: told, the old state readable, and well again without a restart (F9)', async () => {
  const full = join(directory, 'full');
  await mkdir(full);
  // in a namespace of its own an ordinary user may mount too
  const script = `mount -t tmpfs -o size=64k tmpfs ${full} && exec "$0" "$@"`;
  const program = join(import.meta.dirname, 'full-disk-wishes.ts');
  const argv = [
    '-Urm',
    'sh',
    '-c',
    script,
    process.execPath,
    '--conditions=berth-source',
    '--no-warnings',
    program,
  ];
  const { stdout, stderr } = spawnSync('unshare', [...argv, full], { encoding: 'utf8', timeout: 30_000 });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    refused: { code: 'wish-not-kept', why: expect.stringContaining('there is no space left') },
    files: ['ballast', 'wishes.json'],
    stillThere: true,
    notKept: true,
    afterwards: true,
  });
  await chmod(full, 0o700);
});
