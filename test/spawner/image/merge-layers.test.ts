import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Digest, type LayerEntry, type LayerIndex } from '@berth/schema';
import { mergeLayers, type ImageTree } from '@berth/spawner/image';
import fc from 'fast-check';
import { tarOf, type Part } from './archives.ts';

const digest = (layer: number): Digest => Digest.parse(`sha256:${String(layer).padStart(64, '0')}`);
const index = (
  layer: number,
  entries: readonly LayerEntry[],
  bodies: Record<string, string> = {},
): LayerIndex => ({
  digest: digest(layer),
  scanner: 1,
  size: 0,
  entries,
  bodies,
});
const merge = (...layers: readonly (readonly LayerEntry[])[]): ImageTree =>
  mergeLayers(layers.map((entries, at) => index(at, entries)));
const file = (path: string, size = 1): LayerEntry => ({ type: 'file', path, mode: 0o644, size });
const dir = (path: string): LayerEntry => ({ type: 'directory', path, mode: 0o755 });
const link = (path: string, target: string): LayerEntry => ({ type: 'symlink', path, target });
const hard = (path: string, target: string): LayerEntry => ({ type: 'hardlink', path, target });
const whiteout = (path: string): LayerEntry => ({ type: 'whiteout', path });
const opaque = (path: string): LayerEntry => ({ type: 'opaque', path });
const paths = (tree: ImageTree): string[] => [...tree.paths()].sort();

describe('whiteouts', () => {
  test('hide a file, or a directory with all below', () => {
    expect(paths(merge([file('a/b'), file('a/c'), file('d')], [whiteout('a/b'), whiteout('d')]))).toEqual([
      'a',
      'a/c',
    ]);
    expect(paths(merge([file('a/b/c')], [whiteout('a')]))).toEqual([]);
  });
  test('hide only what is below, wherever they stand', () => {
    expect(paths(merge([file('a/old')], [file('a/new'), opaque('a'), whiteout('a/new')]))).toEqual([
      'a',
      'a/new',
    ]);
    expect(paths(merge([file('a/old')], [whiteout('a'), file('a/new')]))).toEqual(['a', 'a/new']);
  });
  test('of what is not there do nothing', () => {
    expect(paths(merge([file('a')], [whiteout('b/c'), opaque('a'), opaque('x')]))).toEqual(['a']);
  });
  test('in a directory that replaces a symlink do not reach through it', () => {
    const lower = [file('real/x'), link('a', 'real')];
    expect(paths(merge(lower, [dir('a'), whiteout('a/x')]))).toEqual(['a', 'real', 'real/x']);
    expect(paths(merge(lower, [whiteout('a/x')]))).toEqual(['a', 'real']);
  });
});

describe('one thing over another', () => {
  test('directory over directory keeps the children', () => {
    const tree = merge([file('a/x')], [{ type: 'directory', path: 'a', mode: 0o700 }]);
    expect(paths(tree)).toEqual(['a', 'a/x']);
    expect(tree.node('a')).toEqual({ type: 'directory', mode: 0o700, layer: digest(1) });
    expect(tree.node('a/x')?.layer).toBe(digest(0));
  });
  test('a file or symlink over a directory hides the children; a directory over them starts anew', () => {
    expect(paths(merge([file('a/x')], [file('a')]))).toEqual(['a']);
    expect(paths(merge([file('a/x')], [link('a', 'b')], [dir('a')]))).toEqual(['a']);
  });
  test('the last of two entries of one name counts', () => {
    expect(merge([file('a', 1), file('a', 2)]).node('a')?.size).toBe(2);
  });
});

describe('symlinks', () => {
  const tree = merge([
    file('usr/lib/x'),
    link('lib', 'usr/lib'),
    link('abs', '/usr/lib'),
    link('up', '../../../usr'),
    link('loop', 'loop2'),
    link('loop2', 'loop'),
    link('usr/lib/rel', '../lib/./x'),
    link('gone', 'nowhere'),
  ]);
  test.each([
    ['lib/x', 'usr/lib/x'],
    ['/abs/x', 'usr/lib/x'],
    ['up/lib/x', 'usr/lib/x'],
    ['lib/rel', 'usr/lib/x'],
    ['lib/../lib/x', 'usr/lib/x'],
    ['../../lib', 'usr/lib'],
    ['', ''],
    ['loop', undefined],
    ['gone', undefined],
    ['usr/lib/x/y', undefined],
  ])('%s leads to %s', (path, wanted) => expect(tree.resolve(path)).toBe(wanted));

  test('on the way to an entry are followed inside the root, never out of it', () => {
    const through = merge(
      [file('usr/lib/x'), link('lib', 'usr/lib'), link('out', '../../etc')],
      [file('lib/y'), file('out/passwd')],
    );
    expect(paths(through)).toEqual([
      'etc',
      'etc/passwd',
      'lib',
      'out',
      'usr',
      'usr/lib',
      'usr/lib/x',
      'usr/lib/y',
    ]);
  });
  test('that become directories in the midst of a layer', () => {
    const tree = merge([dir('usr/lib'), link('lib', 'usr/lib')], [file('lib/a'), dir('lib'), file('lib/b')]);
    expect(paths(tree)).toEqual(['lib', 'lib/b', 'usr', 'usr/lib', 'usr/lib/a']);
  });
});

describe('hard links', () => {
  const body = Buffer.from('{}').toString('base64');
  test('are the file they mean, with its body, also after it is gone above', () => {
    const tree = mergeLayers([
      index(0, [file('a', 2)], { a: body }),
      index(1, [hard('b', 'a')]),
      index(2, [whiteout('a')]),
    ]);
    expect(tree.node('b')).toEqual({ type: 'file', mode: 0o644, size: 2, layer: digest(0) });
    expect(tree.body('b')?.toString()).toBe('{}');
    expect(tree.node('a')).toBeUndefined();
  });
  test('mean what their own layer whites out', () => {
    expect(paths(merge([file('d/a')], [whiteout('d'), hard('b', 'd/a')]))).toEqual(['b']);
    expect(paths(merge([file('d/a')], [opaque('d'), hard('b', 'd/a')]))).toEqual(['b', 'd']);
  });
  test('keep what they meant when the name gets another file', () => {
    expect(merge([file('a', 1), hard('b', 'a'), file('a', 2)]).node('b')?.size).toBe(1);
  });
  test.each([
    ['to nothing', [hard('b', 'a')]],
    ['to a directory', [dir('a'), hard('b', 'a')]],
    ['through a loop', [link('l', 'l'), hard('b', 'l/x')]],
  ])('%s are refused', (_, entries) => {
    expect(() => merge(entries)).toThrow(expect.objectContaining({ code: 'layer-invalid' }));
  });
});

test('an entry below a file is refused', () => {
  expect(() => merge([file('a')], [file('a/b')])).toThrow(expect.objectContaining({ code: 'layer-invalid' }));
});

/** Three layers over a handful of names: every rule meets every other. */
const name = fc.constantFrom('a', 'b', 'a/a', 'a/b', 'b/a', 'a/a/a', 'a/b/a');
const entry: fc.Arbitrary<LayerEntry> = fc.oneof(
  fc.tuple(name, fc.nat(9)).map(([path, size]) => file(path, size)),
  name.map(dir),
  name.map(whiteout),
  name.map(opaque),
);
const layers = fc.array(fc.array(entry, { maxLength: 6 }), { minLength: 1, maxLength: 3 });
const orUndefined = <T>(make: () => T): T | undefined => {
  try {
    return make();
  } catch {
    return undefined;
  }
};

test('T23: the rules as a model: paths to what is there, in the plainest code', () => {
  fc.assert(
    fc.property(layers, (all) => {
      const tree = orUndefined(() => merge(...all));
      const model = modelOf(all);
      expect(tree === undefined).toBe(model === undefined);
      if (tree !== undefined && model !== undefined) {
        const seen = paths(tree).map((path) => [path, tree.node(path)?.size ?? 'dir']);
        expect(seen).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
      }
    }),
    { numRuns: 2000 },
  );
});

function modelOf(all: readonly (readonly LayerEntry[])[]): Map<string, number | 'dir'> | undefined {
  const model = new Map<string, number | 'dir'>();
  const remove = (path: string, self: boolean): void => {
    for (const key of [...model.keys()])
      if ((self && key === path) || key.startsWith(`${path}/`)) model.delete(key);
  };
  for (const layer of all) {
    for (const { type, path } of layer) {
      if (type === 'whiteout') remove(path, true);
      if (type === 'opaque' && model.get(path) === 'dir') remove(path, false);
    }
    for (const one of layer) {
      if (one.type !== 'file' && one.type !== 'directory') continue;
      for (let up = dirname(one.path); up !== '.'; up = dirname(up)) {
        if (typeof model.get(up) === 'number') return undefined;
        model.set(up, 'dir');
      }
      if (one.type === 'file') remove(one.path, true);
      model.set(one.path, one.type === 'file' ? one.size : 'dir');
    }
  }
  return model;
}

test('the merged view is what GNU tar leaves, whiteouts applied by hand', () => {
  fc.assert(
    fc.property(layers, (all) => {
      const tree = orUndefined(() => merge(...all));
      if (tree === undefined) return;
      const root = mkdtempSync(join(tmpdir(), 'berth-merge-'));
      try {
        for (const layer of all) extractOver(root, layer);
        const found = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
        expect(found).toEqual(paths(tree));
        for (const path of found) {
          const stat = lstatSync(join(root, path));
          expect(tree.node(path)?.size).toBe(
            stat.isFile() ? readFileSync(join(root, path)).length : undefined,
          );
        }
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }),
    { numRuns: 40 },
  );
});

function extractOver(root: string, layer: readonly LayerEntry[]): void {
  const parts: Part[] = [];
  for (const one of layer) {
    const at = join(root, one.path);
    if (one.type === 'whiteout') rmSync(at, { recursive: true, force: true });
    else if (one.type === 'opaque') {
      if (orUndefined(() => lstatSync(at))?.isDirectory()) {
        for (const child of readdirSync(at)) rmSync(join(at, child), { recursive: true });
      }
    } else if (one.type === 'file') parts.push({ path: one.path, body: 'x'.repeat(one.size) });
    else parts.push({ path: one.path, type: 'directory', mode: 0o755 });
  }
  // one after the other: GNU tar removes no full directory for a file
  for (const part of parts) {
    const at = join(root, part.path);
    if (part.type === undefined) rmSync(at, { recursive: true, force: true });
    else if (orUndefined(() => lstatSync(at))?.isFile()) rmSync(at);
    execFileSync('tar', ['-C', root, '--overwrite', '-xf', '-'], { input: tarOf([part]) });
  }
}
