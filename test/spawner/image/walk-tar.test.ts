import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync, linkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeTarEntry, paddingOf, TAR_END, walkTar, type TarEntry } from '@berth/spawner/image';
import { inSlices, LIMITS, tarOf } from './archives.ts';

async function listOf(tar: Buffer, slice = 1000): Promise<readonly (TarEntry & { body: string })[]> {
  const found = [];
  for await (const { entry, body } of walkTar(inSlices(tar, slice), LIMITS)) {
    const parts: Buffer[] = [];
    for await (const part of body) parts.push(part);
    found.push({ ...entry, body: Buffer.concat(parts).toString('latin1') });
  }
  return found;
}

describe('what GNU tar writes', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'berth-tar-'));
    mkdirSync(join(dir, 'in', 'sub', 'long'.repeat(30)), { recursive: true });
    writeFileSync(join(dir, 'in', 'a'), 'hello');
    writeFileSync(join(dir, 'in', 'sub', 'long'.repeat(30), 'deep'.repeat(20)), 'x'.repeat(70_000));
    writeFileSync(join(dir, 'in', 'ünïcödé'), '');
    symlinkSync('../sub/'.repeat(40), join(dir, 'in', 'link'));
    linkSync(join(dir, 'in', 'a'), join(dir, 'in', 'z-hard'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test.each(['v7', 'ustar', 'gnu', 'pax'])('%s', async (format) => {
    const exclude = format === 'v7' || format === 'ustar' ? ['--exclude=long*', '--exclude=link'] : [];
    const tar = execFileSync('tar', [
      `--format=${format}`,
      ...exclude,
      '--sort=name',
      '-C',
      join(dir, 'in'),
      '-cf',
      '-',
      '.',
    ]);
    for (const slice of [1, 511, 512, 513, 1e6]) {
      const list = await listOf(tar, slice);
      const byPath = new Map(list.map((entry) => [entry.path, entry]));
      expect(byPath.get('')).toMatchObject({ type: 'directory' });
      expect(byPath.get('a')).toMatchObject({ type: 'file', size: 5, body: 'hello' });
      expect(byPath.get('ünïcödé')).toMatchObject({ type: 'file', size: 0 });
      expect(byPath.get('z-hard')).toMatchObject({ type: 'hardlink', target: 'a', size: 0 });
      if (exclude.length > 0) continue;
      expect(byPath.get('link')).toMatchObject({ type: 'symlink', target: '../sub/'.repeat(40) });
      const deep = `sub/${'long'.repeat(30)}/${'deep'.repeat(20)}`;
      expect(byPath.get(deep)).toMatchObject({ size: 70_000, body: 'x'.repeat(70_000) });
    }
  });
});

test('bodies may be left unread, or half read', async () => {
  const tar = tarOf([
    { path: 'a', body: 'x'.repeat(5000) },
    { path: 'b', body: 'y'.repeat(5000) },
    { path: 'c', body: 'z' },
  ]);
  const paths: string[] = [];
  for await (const { entry, body } of walkTar(inSlices(tar, 700), LIMITS)) {
    paths.push(entry.path);
    if (entry.path === 'b') for await (const part of body) if (part.length > 0) break;
  }
  expect(paths).toEqual(['a', 'b', 'c']);
});

test('an entry that we write is read back by us and by GNU tar', async () => {
  const entry: TarEntry = {
    type: 'file',
    path: `${'d/'.repeat(90)}${'ü'.repeat(100)}`,
    mode: 0o755,
    uid: 3_000_000,
    gid: 7,
    size: 3,
    mtime: 1e9,
  };
  const tar = Buffer.concat([encodeTarEntry(entry), Buffer.from('abc'), Buffer.alloc(paddingOf(3)), TAR_END]);
  expect(await listOf(tar)).toEqual([{ ...entry, body: 'abc' }]);
  const listed = execFileSync('tar', ['--quoting-style=literal', '-tf', '-'], {
    input: tar,
    encoding: 'utf8',
  });
  expect(listed.trim()).toBe(entry.path);
});
