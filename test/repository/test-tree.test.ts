import { expect, test } from '@jest/globals';
import { nativeFiles, productFiles, testFiles } from './source-file.ts';
import { testsWithoutSource } from './test-tree.ts';

const at = (path: string) => ({ path, text: '' });

test('no test lacks its source', () => {
  expect(testsWithoutSource(testFiles(), [...productFiles(), ...nativeFiles()])).toEqual([]);
});

test('control: a test whose source was renamed or is elsewhere is found', () => {
  const sources = [at('spawner/src/image/tar.ts')];
  const orphan = [
    'test/spawner/image/tarball.test.ts',
    'test/spawner/store/tar.test.ts',
    'test/gone/tar.test.ts',
    'test/spawner/native/tar.test.ts',
  ];
  expect(testsWithoutSource(orphan.map(at), sources)).toEqual(orphan);
  const native = [at('spawner/native/frames.c')];
  expect(testsWithoutSource([at('test/spawner/native/frames.test.ts')], native)).toEqual([]);
  const fine = [
    'test/spawner/image/tar.test.ts',
    'test/spawner/image/tar.hostile.test.ts',
    'test/live/x.test.ts',
  ];
  expect(testsWithoutSource(fine.map(at), sources)).toEqual([]);
});
