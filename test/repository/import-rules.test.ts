import { describe, expect, test } from '@jest/globals';
import { importCycles, importViolations } from './import-rules.ts';
import { productFiles } from './source-file.ts';

const one = (path: string, specifier: string) =>
  importViolations([{ path, text: `import { x } from '${specifier}';` }]);

describe('imports go one way', () => {
  test('in the sources', () => {
    expect(importViolations(productFiles())).toEqual([]);
  });

  test('without a cycle', () => {
    expect(importCycles(productFiles())).toEqual([]);
  });

  test.each([
    ['schema/src/a.ts', '@berth/spawner/image'],
    ['schema/src/a.ts', 'node:fs'],
    ['schema/src/a.ts', '../../spawner/src/image/index.ts'],
    ['spawner/src/image/a.ts', '../slurm/index.ts'],
    ['spawner/src/slurm/a.ts', '../image/index.ts'],
    ['spawner/src/image/a.ts', '../store/index.ts'],
    ['spawner/src/store/a.ts', '../launch/index.ts'],
    ['spawner/src/launch/a.ts', '../image/index.ts'],
    ['spawner/src/launch/a.ts', '@berth/server/catalog'],
    ['spawner/src/other/a.ts', './b.ts'],
    ['server/src/catalog/a.ts', 'express'],
    ['server/src/catalog/a.ts', '../routes/index.ts'],
    ['server/src/routes/a.ts', '@berth/spawner/slurm'],
    ['extension/src/a.ts', '@berth/server/catalog'],
    ['extension/src/a.ts', 'node:path'],
  ])('control: %s must not import %s', (path, specifier) => {
    expect(one(path, specifier)).toHaveLength(1);
  });

  test.each([
    ['spawner/src/launch/a.ts', '../slurm/index.ts'],
    ['spawner/src/store/a.ts', '../image/index.ts'],
    ['server/src/cli/a.ts', 'express'],
    ['extension/src/a.ts', '@berth/schema'],
    ['schema/src/a.ts', 'zod/mini'],
  ])('control: %s may import %s', (path, specifier) => {
    expect(one(path, specifier)).toEqual([]);
  });

  test('control: types, re-exports and import() count', () => {
    for (const text of [
      `import type { X } from '../launch/index.ts';`,
      `export * from '../launch/index.ts';`,
      `await import('../launch/index.ts');`,
    ]) {
      expect(importViolations([{ path: 'spawner/src/store/a.ts', text }])).toHaveLength(1);
    }
  });

  test('control: a cycle over three files is found', () => {
    const files = [
      { path: 'schema/src/a.ts', text: `import './b.ts';` },
      { path: 'schema/src/b.ts', text: `export * from './c.ts';` },
      { path: 'schema/src/c.ts', text: `import type { A } from './a.ts';` },
    ];
    expect(importCycles(files)).toEqual([
      ['schema/src/a.ts', 'schema/src/b.ts', 'schema/src/c.ts', 'schema/src/a.ts'],
    ]);
    expect(importCycles(files.slice(0, 2))).toEqual([]);
  });
});
