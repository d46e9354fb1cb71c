import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makePrivate, readRegular, replaceFile, writeNew } from '../../../server/src/batch/own-file.ts';

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'berth-own-'));
});
afterEach(() => rm(place, { recursive: true, force: true }));

test('a file is read whole, and one that is too long is not', async () => {
  await writeFile(join(place, 'a'), 'text');
  expect(String(await readRegular(join(place, 'a'), 4))).toBe('text');
  await expect(readRegular(join(place, 'a'), 3)).rejects.toThrow('longer than 3');
});

test('no link, no directory, and no waiting at a pipe (T41)', async () => {
  await writeFile(join(place, 'a'), 'secret');
  await symlink(join(place, 'a'), join(place, 'link'));
  execFileSync('mkfifo', [join(place, 'pipe')]);
  await expect(readRegular(join(place, 'link'), 100)).rejects.toThrow('symbolic link');
  await expect(readRegular(join(place, 'pipe'), 100)).rejects.toThrow('not a regular file');
  await expect(readRegular(place, 100)).rejects.toThrow('not a regular file');
});

test('nothing is written through a link, or over what is there (T41)', async () => {
  await symlink(join(place, 'target'), join(place, 'link'));
  await expect(writeNew(join(place, 'link'), 'x')).rejects.toMatchObject({ code: 'EEXIST' });
  await writeFile(join(place, 'there'), 'old');
  await expect(writeNew(join(place, 'there'), 'x')).rejects.toMatchObject({ code: 'EEXIST' });
  expect((await readdir(place)).sort()).toEqual(['link', 'there']);
  // a whole new file takes the place of the link, and what it pointed to stays
  await writeFile(join(place, 'target'), 'kept');
  await replaceFile(join(place, 'link'), 'new');
  expect([
    await readFile(join(place, 'link'), 'utf8'),
    await readFile(join(place, 'target'), 'utf8'),
  ]).toEqual(['new', 'kept']);
});

test('modes are forced, whatever the umask is (T3)', async () => {
  for (const mask of [0o000, 0o077]) {
    const before = process.umask(mask);
    try {
      await makePrivate(join(place, `d${mask}`));
      await writeNew(join(place, `f${mask}`), '');
      expect((await stat(join(place, `d${mask}`))).mode & 0o777).toBe(0o700);
      expect((await stat(join(place, `f${mask}`))).mode & 0o777).toBe(0o600);
    } finally {
      process.umask(before);
    }
  }
  await chmod(place, 0o700);
});
