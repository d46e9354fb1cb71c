import { chmod, chown, mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { endPlaces, orderIn, placed } from './placed.ts';

// what it says of directories of others is tested with two real users in test/security (T5)
let base: string;
beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'berth-parents-')));
});
afterEach(async () => {
  await endPlaces();
  await rm(base, { recursive: true, force: true });
});

/** Why a store at that path is refused; undefined when it is not, and its image only is not there. */
async function safe(store: string, home = '/nonexistent'): Promise<string | undefined> {
  const rootfs = { format: 'directory', path: '/nonexistent/image' } as const;
  const one = await placed(orderIn(base, '', { store, home, rootfs }));
  const first = await Promise.race([one.has('failed'), one.has('rootfs-wanted')]);
  await one.end();
  if (first.type === 'rootfs-wanted') return undefined;
  expect(first.code).toBe('store-refused');
  return first.why;
}

test('what is missing above is made, 0700 whatever the umask, but not the last one', async () => {
  const before = process.umask(0);
  try {
    expect(await safe(join(base, 'one/two/last'))).toBeUndefined();
  } finally {
    process.umask(before);
  }
  expect((await stat(join(base, 'one'))).mode & 0o777).toBe(0o700);
  expect((await stat(join(base, 'one/two'))).mode & 0o777).toBe(0o700);
  await expect(stat(join(base, 'one/two/last'))).rejects.toThrow('ENOENT');
});

describe('a directory in which others may write', () => {
  const open = async (mode: number): Promise<string> => {
    await chmod(base, 0o755);
    const path = join(base, 'open');
    await mkdir(path);
    await chmod(path, mode);
    return path;
  };

  test('is refused, and nothing is made in it', async () => {
    const path = await open(0o777);
    expect(await safe(join(path, 'deeper/last'))).toBe(`everybody may write in ${path} above it`);
    await expect(stat(join(path, 'deeper'))).rejects.toThrow('ENOENT');
  });

  test('is fine when it is sticky, or where nobody else gets to it', async () => {
    const path = await open(0o1777);
    expect(await safe(join(path, 'last'))).toBeUndefined();
    await chmod(path, 0o777);
    await chmod(base, 0o700);
    expect(await safe(join(path, 'last'))).toBeUndefined();
  });

  test('is fine above the home: who can write there can replace the home', async () => {
    const path = await open(0o777);
    await mkdir(join(path, 'home'));
    expect(await safe(join(path, 'home/last'), join(path, 'home'))).toBeUndefined();
    await symlink(join(path, 'home'), join(base, 'other-name'));
    expect(await safe(join(path, 'home/last'), join(base, 'other-name'))).toBeUndefined();
    // only the whole name of a directory counts; what is not above the home is looked at
    await mkdir(join(path, 'homes'));
    await chmod(join(path, 'homes'), 0o777);
    expect(await safe(join(path, 'homes/last'), join(path, 'homes-of-all'))).toContain('homes above it');
  });
});

test('a store in which others may write is refused; a group of one is nobody else', async () => {
  const store = join(base, 'store');
  await mkdir(store);
  await chmod(store, 0o777);
  expect(await safe(store)).toBe('everybody may write in it');
  await chmod(store, 0o775);
  expect(await safe(store)).toBeUndefined();
  const { uid } = await stat(store);
  await chown(store, uid, uid + 4321);
  expect(await safe(store)).toBe(`group ${uid + 4321} may write in it`);
  await chmod(store, 0o755);
  expect(await safe(store)).toBeUndefined();
});

describe('links', () => {
  test('are followed, and what they lead to is looked at', async () => {
    await chmod(base, 0o755);
    await mkdir(join(base, 'open'));
    await chmod(join(base, 'open'), 0o777);
    await mkdir(join(base, 'closed'));
    await symlink('open', join(base, 'relative'));
    await symlink(join(base, 'closed'), join(base, 'absolute'));
    expect(await safe(join(base, 'relative/x/last'))).toContain('everybody may write');
    expect(await safe(join(base, 'absolute/x/last'))).toBeUndefined();
    expect((await stat(join(base, 'closed/x'))).isDirectory()).toBe(true);
  });

  test('".." counts from where a link leads to, as the kernel counts it', async () => {
    await chmod(base, 0o755);
    await mkdir(join(base, 'open/inner'), { recursive: true });
    await chmod(join(base, 'open'), 0o777);
    await symlink('open/inner', join(base, 'link'));
    expect(await safe(`${base}/link/../last`)).toContain(`everybody may write in ${base}/open`);
    expect(await safe(`${base}/open/../last`)).toContain('everybody may write');
    expect(await safe(`${base}/./x/../last`)).toBeUndefined();
  });

  test('a circle ends, and so does a path that is too long', async () => {
    await symlink('b', join(base, 'a'));
    await symlink('a', join(base, 'b'));
    expect(await safe(join(base, 'a/last'))).toMatch(/^too many links/);
    expect(await safe(`/${'x/'.repeat(3000)}last`)).toBe('its path is too long');
    await symlink(`${'./'.repeat(2000)}long`, join(base, 'long'));
    expect(await safe(`${base}/long/${'y/'.repeat(1000)}last`)).toMatch(/too (long|many links)/);
  });
});

test('a file above it is named, and one in its place', async () => {
  await writeFile(join(base, 'file'), '');
  expect(await safe(join(base, 'file'))).toBe('it is not a directory');
  expect(await safe(join(base, 'file/last'))).toBe(`${base}/file is not a directory`);
});

test.each(['a/', 'a/.', './/a', 'a//./b/'])('written as %s: the same place', async (written) => {
  await mkdir(join(base, 'a/b'), { recursive: true });
  await chmod(base, 0o755);
  expect(await safe(`${base}/${written}`)).toBeUndefined();
  await chmod(base, 0o777);
  expect(await safe(`${base}/${written}`)).toBe(`everybody may write in ${base} above it`);
});
