import type { SourceFile } from './source-file.ts';

/** Folders of test/ that follow no source folder: they start real things, or test the repository itself. */
const ON_THEIR_OWN = [
  'browser',
  'cluster',
  'images',
  'jupyter',
  'live',
  'security',
  'bench',
  'demo',
  'repository',
];

/**
 * Tests that lack their source. `test/WORKSPACE/FOLDER/name.test.ts` tests `WORKSPACE/src/FOLDER/name.ts`;
 * `name.KIND.test.ts` is one more file of tests for the same source. What is in C lies in `WORKSPACE/native`.
 */
export function testsWithoutSource(
  tests: readonly SourceFile[],
  sources: readonly SourceFile[],
): readonly string[] {
  const known = new Set(sources.map(({ path }) => path));
  return tests
    .map(({ path }) => path)
    .filter((path) => path.endsWith('.test.ts'))
    .filter((path) => {
      const [, workspace = '', ...rest] = path.split('/');
      if (ON_THEIR_OWN.includes(workspace)) return false;
      const name = (rest.pop() ?? '').split('.')[0] ?? '';
      const stem = [workspace, 'src', ...rest, name].join('/');
      const native = rest[0] === 'native' ? [workspace, ...rest, `${name}.c`].join('/') : '';
      return !known.has(`${stem}.ts`) && !known.has(`${stem}.tsx`) && !known.has(native);
    });
}
