import { chmod, mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeSafeParents } from '../../../spawner/src/launch/safe-parents.ts';

// what it says of directories of others is tested with two real users in test/security (T5)
const uid = process.getuid?.() ?? 0;
let base: string;
beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'berth-parents-')));
});
afterEach(() => rm(base, { recursive: true, force: true }));

const safe = (path: string, home = '/nonexistent') => makeSafeParents(path, { uid, home });

test('what is missing above is made, 0700 whatever the umask, but not the last one', async () => {
  const before = process.umask(0);
  try {
    expect(safe(join(base, 'one/two/last'))).toBeUndefined();
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
    expect(safe(join(path, 'deeper/last'))).toBe(`everybody may write in ${path} above it`);
    await expect(stat(join(path, 'deeper'))).rejects.toThrow('ENOENT');
  });

  test('is fine when it is sticky, or where nobody else gets to it', async () => {
    const path = await open(0o1777);
    expect(safe(join(path, 'last'))).toBeUndefined();
    await chmod(path, 0o777);
    await chmod(base, 0o700);
    expect(safe(join(path, 'last'))).toBeUndefined();
  });

  test('is fine above the home: who can write there can replace the home', async () => {
    const path = await open(0o777);
    await mkdir(join(path, 'home'));
    expect(safe(join(path, 'home/last'), join(path, 'home'))).toBeUndefined();
  });
});

describe('links', () => {
  test('are followed, and what they lead to is looked at', async () => {
    await chmod(base, 0o755);
    await mkdir(join(base, 'open'));
    await chmod(join(base, 'open'), 0o777);
    await mkdir(join(base, 'closed'));
    await symlink('open', join(base, 'relative'));
    await symlink(join(base, 'closed'), join(base, 'absolute'));
    expect(safe(join(base, 'relative/x/last'))).toContain('everybody may write');
    expect(safe(join(base, 'absolute/x/last'))).toBeUndefined();
    expect((await stat(join(base, 'closed/x'))).isDirectory()).toBe(true);
  });

  test('".." counts from where a link leads to, as the kernel counts it', async () => {
    await chmod(base, 0o755);
    await mkdir(join(base, 'open/inner'), { recursive: true });
    await chmod(join(base, 'open'), 0o777);
    await symlink('open/inner', join(base, 'link'));
    expect(safe(`${base}/link/../last`)).toContain(`everybody may write in ${base}/open`);
    expect(safe(`${base}/open/../last`)).toContain('everybody may write');
    expect(safe(`${base}/./x/../last`)).toBeUndefined();
  });

  test('a circle ends', async () => {
    await symlink('b', join(base, 'a'));
    await symlink('a', join(base, 'b'));
    expect(safe(join(base, 'a/last'))).toMatch(/^too many links/);
  });
});

test('a file above it is named', async () => {
  await writeFile(join(base, 'file'), '');
  expect(safe(join(base, 'file/last'))).toBe(`${base}/file is not a directory`);
});
