import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

const store = (at = file): WishStore => new WishStore(at, (why) => noted.push(why));
const wish = (path: string, resources = SMALL) => ({ path, kernel: 'python', resources });
const AT = '2026-11-21T03:00:00.000Z';

test('what was put is there, also for the next server; the last word counts', async () => {
  const one = store();
  await one.put(wish('a.ipynb'), AT);
  await one.put(wish('a.ipynb', LARGE), AT);
  expect(await one.of('a.ipynb', 'python')).toEqual({ wish: wish('a.ipynb', LARGE), at: AT });
  expect(await store().of('a.ipynb', 'python')).toEqual({ wish: wish('a.ipynb', LARGE), at: AT });
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
  const wishes = Array.from({ length: MAX_WISHES }, (_, at) => ({ wish: wish(`${at}.ipynb`), at: AT }));
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
  test.each(['', '{', 'null', '[]', '{"version":2,"wishes":[]}', '\0'.repeat(100)])(
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
