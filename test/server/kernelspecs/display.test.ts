import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { displayNames, type Named } from '../../../server/src/kernelspecs/display.ts';

const one = (image: string, title = 'Python 3.11', kernelId = 'python3'): Named => {
  const [, source = '', repository = '', tag = ''] = /^([^/]+)\/(.+):(.+)$/.exec(image) ?? [];
  return { source, repository, tag, title, kernelId };
};

test('is short while nothing else reads the same', () => {
  expect(displayNames([one('lab/team/climate:2026.2'), one('lab/x/ecology:latest', 'R 4.2')])).toEqual([
    'Python 3.11 · climate 2026.2',
    'R 4.2 · ecology',
  ]);
});

test('grows by the path, then by the source, then by the kernel, and only where it must', () => {
  expect(
    displayNames([
      one('lab/a/climate:1'),
      one('lab/b/climate:1'),
      one('lab/b/other:1'),
      one('lab/same:1'),
      one('hub/same:1'),
      one('lab/two:1', 'Python 3.11', 'python3'),
      one('lab/two:1', 'Python 3.11', 'python3-opt-env'),
    ]),
  ).toEqual([
    'Python 3.11 · a/climate 1',
    'Python 3.11 · b/climate 1',
    'Python 3.11 · other 1',
    'Python 3.11 · lab/same 1',
    'Python 3.11 · hub/same 1',
    'Python 3.11 · lab/two 1 [python3]',
    'Python 3.11 · lab/two 1 [python3-opt-env]',
  ]);
});

test('shows "latest" only beside another tag', () => {
  expect(displayNames([one('lab/a:latest'), one('lab/a:2'), one('lab/b:latest')])).toEqual([
    'Python 3.11 · a latest',
    'Python 3.11 · a 2',
    'Python 3.11 · b',
  ]);
});

test('tells any different kernels apart, also without case', () => {
  const named = fc.record({
    source: fc.constantFrom('a', 'b'),
    repository: fc.constantFrom('x', 'y/x', 'z/y/x', 'a/x', 'b/x'),
    tag: fc.constantFrom('1', '2', 'latest'),
    kernelId: fc.constantFrom('k', 'l'),
    title: fc.constantFrom('P', 'Q'),
  });
  const key = ({ source, repository, tag, kernelId }: Named): string =>
    [source, repository, tag, kernelId].join(' ');
  fc.assert(
    fc.property(fc.uniqueArray(named, { selector: key, maxLength: 20 }), (all) => {
      expect(new Set(displayNames(all).map((name) => name.toLowerCase())).size).toBe(all.length);
    }),
  );
});
