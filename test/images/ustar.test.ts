import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { command } from './command.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';
import { opaque, tarOf, whiteout, type TarEntry } from './ustar.ts';

const entries: readonly TarEntry[] = [
  { path: 'a', type: 'directory', mode: 0o700 },
  { path: 'a/file', content: 'x'.repeat(513), mode: 0o640 },
  { path: 'a/empty' },
  { path: 'a/link', type: 'symlink', target: '../b' },
  { path: 'a/twin', type: 'hardlink', target: 'a/file' },
];

describe('an archive made in memory', () => {
  test('is what GNU tar reads', () =>
    inTemporaryDirectory(async (directory) => {
      const archive = join(directory, 'a.tar');
      await writeFile(archive, tarOf(entries));
      const listing = await command([
        'tar',
        '--list',
        '--verbose',
        '--numeric-owner',
        '--utc',
        `--file=${archive}`,
      ]);
      expect(
        listing
          .trim()
          .split('\n')
          .map((line) => line.replace(/ +/g, ' ')),
      ).toEqual([
        'drwx------ 0/0 0 2026-01-01 00:00 a/',
        '-rw-r----- 0/0 513 2026-01-01 00:00 a/file',
        '-rw-r--r-- 0/0 0 2026-01-01 00:00 a/empty',
        'lrw-r--r-- 0/0 0 2026-01-01 00:00 a/link -> ../b',
        'hrw-r--r-- 0/0 0 2026-01-01 00:00 a/twin link to a/file',
      ]);
    }));

  test('is whole blocks and the same every time', () => {
    expect(tarOf(entries).length % 512).toBe(0);
    expect(tarOf(entries)).toEqual(tarOf(entries));
  });
});

test('whiteouts stand beside what they delete, opaque markers inside it', () => {
  expect(whiteout('opt/env').path).toBe('opt/.wh.env');
  expect(whiteout('env').path).toBe('.wh.env');
  expect(opaque('opt/env').path).toBe('opt/env/.wh..wh..opq');
});
