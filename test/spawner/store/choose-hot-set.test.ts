import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { chooseHotSet, type HotSetLimits } from '../../../spawner/src/store/choose-hot-set.ts';
import { imageListing, type ImageListing } from '../../../spawner/src/store/image-listing.ts';

interface Entry {
  readonly path: string;
  readonly type: 'f' | 'd' | 'l';
  readonly size?: number;
  readonly target?: string;
  readonly inode?: number;
}

/** As find(1) lists it, pushed in pieces of `piece` bytes. */
function listed(
  entries: readonly Entry[],
  opened: readonly number[],
  lookups: Readonly<Record<number, number>> = {},
  piece = 7,
): ImageListing {
  const text = entries
    .map(({ path, type, size = 0, target = '', inode = 0 }) =>
      [inode, type, size, '755 1000', target, path, ''].join('\0'),
    )
    .join('');
  const bytes = Buffer.from(text);
  const listing = imageListing({
    opened: new Set(opened.map(String)),
    lookups: new Map(Object.entries(lookups)),
  });
  for (let at = 0; at < bytes.length; at += piece) listing.push(bytes.subarray(at, at + piece));
  return listing.done();
}

const LIMITS: HotSetLimits = {
  bytes: 1000,
  entries: 100,
  wholeBytes: 300,
  wholeEntries: 10,
  cheapBytes: 20,
  sparseness: 4,
};

const TREE: readonly Entry[] = [
  { path: 'lib', type: 'l', target: 'usr/lib' },
  { path: 'usr', type: 'd' },
  { path: 'usr/lib', type: 'd' },
  { path: 'usr/lib/libz.so.1', type: 'l', target: 'libz.so.1.2' },
  { path: 'usr/lib/libz.so.1.2', type: 'f', size: 400, inode: 1 },
  { path: 'usr/lib/libq.so.1', type: 'l', target: 'libq.so.1.2' },
  { path: 'usr/lib/libq.so.1.2', type: 'f', size: 4000, inode: 2 },
  { path: 'usr/lib/py', type: 'd', inode: 50 },
  { path: 'usr/lib/py/used.py', type: 'f', size: 50, inode: 3 },
  { path: 'usr/lib/py/used-by-nobody.py', type: 'f', size: 50, inode: 4 },
  { path: 'usr/share', type: 'd', inode: 51 },
  ...Array.from({ length: 8 }, (_, at) => ({
    path: `usr/share/${at}`,
    type: 'f' as const,
    size: 9,
    inode: 100 + at,
  })),
];

describe('a hot set', () => {
  test('takes directories that are used whole, else the file, and the links that lead there', () => {
    const { whole, single, bytes } = chooseHotSet(listed(TREE, [1, 3, 100], { 50: 1 }), LIMITS);
    expect(whole).toEqual(['usr/lib/py']);
    expect([...single].sort()).toEqual([
      'lib',
      'usr',
      'usr/lib',
      'usr/lib/libz.so.1',
      'usr/lib/libz.so.1.2',
      'usr/share',
      'usr/share/0',
    ]);
    expect(bytes).toBe(400 + 100 + 9);
  });

  test('takes a directory in which much is looked up whole, or at least the files in it', () => {
    const { whole } = chooseHotSet(listed(TREE, [100], { 51: 2 }), LIMITS);
    expect(whole).toEqual(['usr/share']);
    const wide = listed([...TREE, { path: 'usr/share/deep/large', type: 'f', size: 500 }], [100], { 51: 2 });
    const { single, bytes } = chooseHotSet(wide, LIMITS);
    expect(single).toContain('usr/share/7');
    expect(single).not.toContain('usr/share/deep/large');
    expect(bytes).toBe(8 * 9);
  });

  test('is empty when nothing was opened', () => {
    expect(chooseHotSet(listed(TREE, []), LIMITS)).toEqual({ whole: [], single: [], bytes: 0 });
  });

  test('leaves out what does not fit, not what comes after it', () => {
    const { whole, single } = chooseHotSet(listed(TREE, [2, 3], { 50: 1 }), LIMITS);
    expect(whole).toEqual(['usr/lib/py']);
    expect(single).not.toContain('usr/lib/libq.so.1.2');
  });

  test('whatever the tree: in bounds, no overlap, parents first, and nothing opened is left out while there is room', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const file = fc.record({
      path: fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => [...parts, 'file'].join('/')),
      size: fc.nat(400),
      opened: fc.boolean(),
    });
    const files = fc.uniqueArray(file, { selector: ({ path }) => path, maxLength: 30 });
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 99 }), (tree, piece) => {
        const entries = tree.map(({ path, size }, at) => ({ path, size, type: 'f' as const, inode: at + 1 }));
        const inodes = tree.flatMap(({ opened }, at) => (opened ? [at + 1] : []));
        const { whole, single, bytes } = chooseHotSet(listed(entries, inodes, {}, piece), LIMITS);
        const below = (path: string): boolean => whole.some((above) => path.startsWith(`${above}/`));
        const taken = tree.filter(({ path }) => below(path) || single.includes(path));
        const sum = taken.reduce((total, { size }) => total + size, 0);
        expect(bytes).toBe(sum);
        expect(sum).toBeLessThanOrEqual(LIMITS.bytes);
        for (const path of [...whole, ...single]) expect(below(path)).toBe(false);
        single.forEach((path, at) => {
          const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
          expect(parent === '' || single.indexOf(parent) < at).toBe(true);
          if (parent !== '') expect(single).toContain(parent);
        });
        for (const { path, size, opened } of tree) {
          if (opened && !taken.some((one) => one.path === path)) {
            expect(sum + size > LIMITS.bytes || sum + 300 > LIMITS.bytes).toBe(true);
          }
        }
      }),
    );
  });
});
