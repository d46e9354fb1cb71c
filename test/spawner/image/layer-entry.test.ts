import { expect, test } from '@jest/globals';
import type { TarEntryType } from '@berth/spawner/image';
import { layerEntry } from '../../../spawner/src/image/layer-entry.ts';

const read = (path: string, type: TarEntryType = 'file') =>
  layerEntry({ type, path, mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, target: 't' });

test.each([
  ['.wh.a', { type: 'whiteout', path: 'a' }],
  ['d/.wh.a', { type: 'whiteout', path: 'd/a' }],
  ['d/.wh..hidden', { type: 'whiteout', path: 'd/.hidden' }],
  ['d/.wh...', undefined],
  ['d/.wh....', { type: 'whiteout', path: 'd/...' }],
  ['.wh..wh..opq', { type: 'opaque', path: '' }],
  ['d/.wh..wh..opq', { type: 'opaque', path: 'd' }],
  ['d/x.wh.a', { type: 'file', path: 'd/x.wh.a', mode: 0o644, size: 0 }],
  ['.wh..wh.plnk/1.2', 'ignored'],
  ['.wh..wh.aufs', 'ignored'],
] as const)('%s', (path, wanted) => {
  if (wanted === undefined) expect(() => read(path)).toThrow(/whiteout/);
  else expect(read(path)).toEqual(wanted === 'ignored' ? undefined : wanted);
});

test.each(['.wh.', 'd/.wh.', 'd/.wh..', 'd/.wh.a/b', 'd/.wh.a/.wh.b'])('refused: %s', (path) =>
  expect(() => read(path)).toThrow(/whiteout/),
);

test.each<TarEntryType>(['directory', 'symlink', 'fifo', 'character-device'])(
  'refused: a whiteout that is a %s',
  (type) => expect(() => read('.wh.a', type)).toThrow(/whiteout/),
);

test('aufs made whiteouts as hard links', () => {
  expect(read('.wh.a', 'hardlink')).toEqual({ type: 'whiteout', path: 'a' });
});
