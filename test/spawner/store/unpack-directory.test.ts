import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { TarEntry } from '../../../spawner/src/image/index.ts';
import { unpackDirectory } from '../../../spawner/src/store/unpack-directory.ts';

let directory: string;
let outside: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'unpack-test-'));
  outside = join(directory, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'there'), 'before');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const member = (type: TarEntry['type'], path: string, target?: string): TarEntry => ({
  ...{ type, path, mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 1 },
  ...(target !== undefined && { target }),
});

// a plan never asks for this: the second lock behind the first
test.each([
  ['a file below a link', member('file', 'link/new')],
  ['a directory below a link', member('directory', 'link/new')],
  ['a link below a link', member('symlink', 'link/new', 'x')],
  ['a file over a link', member('file', 'link')],
])('%s is refused, nothing is written through it (T23)', async (_what, second) => {
  const sink = unpackDirectory(join(directory, 'root'));
  sink.member(member('symlink', 'link', outside));
  sink.end();
  expect(() => sink.member(second)).toThrow(/EEXIST/);
  await sink.abort();
  expect(await readdir(outside)).toEqual(['there']);
});

test('without that guard the same two members do write outside', async () => {
  await mkdir(join(directory, 'root'));
  await symlink(outside, join(directory, 'root', 'link'));
  await writeFile(join(directory, 'root', 'link', 'there'), 'after');
  expect(await readFile(join(outside, 'there'), 'utf8')).toBe('after');
});
