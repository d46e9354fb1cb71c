import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sessionPath } from '../../../server/src/cli/session-path.ts';

let root: string;
beforeAll(() => {
  const place = mkdtempSync(join(tmpdir(), 'session-'));
  root = join(place, 'data');
  for (const directory of [root, join(root, 'ä b'), join(place, 'data-secret')]) mkdirSync(directory);
  for (const file of ['a.ipynb', 'ä b/c.ipynb', '../data-secret/d.ipynb', '../e.ipynb'])
    writeFileSync(join(root, file), '');
});
afterAll(() => rmSync(join(root, '..'), { recursive: true, force: true }));

test.each([
  ['absolute, as jupyter_server puts it', '/a.ipynb', 'a.ipynb'],
  ['in a directory', '/ä b/c.ipynb', 'ä b/c.ipynb'],
  ['with detours', '/ä b/../a.ipynb', 'a.ipynb'],
  ['a console: a name of which there is no file', '/Console 1', ''],
  ['a directory', '/ä b', ''],
  ['the root itself', '', ''],
  ['beside the root, with the same beginning (T30)', '-secret/d.ipynb', ''],
  ['above the root', '/../e.ipynb', ''],
])('%s', (_, behind, path) => expect(sessionPath(root + behind, root)).toBe(path));

test('relative, as the contents API has it', () => {
  expect(sessionPath('ä b/c.ipynb', root)).toBe('ä b/c.ipynb');
  expect(sessionPath('../e.ipynb', root)).toBe('');
});
test('a root with a slash at its end', () =>
  expect(sessionPath(`${root}/a.ipynb`, `${root}/`)).toBe('a.ipynb'));
test.each([undefined, '', 'relative'])('no root: %s', (none) =>
  expect(sessionPath(`${root}/a.ipynb`, none)).toBe(''),
);
test('no session', () => expect(sessionPath(undefined, root)).toBe(''));
