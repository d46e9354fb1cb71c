import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { encodeName, TarWalker, type TarEntry } from '@berth/spawner/image';
import fc from 'fast-check';
import { blocksOf, LIMITS } from './archives.ts';
import { archive, member, paxMember, record } from './raw-tar.ts';

const PYTHON = `
import sys, tarfile, json
out = []
try:
    with tarfile.open(fileobj=sys.stdin.buffer, mode='r|', errorlevel=2) as t:
        for m in t:
            out.append([m.name.encode('utf-8', 'surrogateescape').hex(), m.size if m.isreg() else 0, m.type.decode('latin1')])
except Exception as e:
    out = None
print(json.dumps(out))
`;

function ours(tar: Buffer): TarEntry[] | undefined {
  const found: TarEntry[] = [];
  try {
    const walker = new TarWalker(LIMITS, { entry: (entry) => void found.push(entry) });
    walker.push(tar);
    walker.end();
    return found;
  } catch {
    return undefined;
  }
}

/** Names as hexadecimal bytes without what we normalise away; undefined when Python refuses. */
function python(tar: Buffer): string[] | undefined {
  const out = execFileSync('python3', ['-c', PYTHON], { input: tar, encoding: 'utf8' });
  const list = JSON.parse(out) as [string, number, string][] | null;
  return list?.map(([hex, size]) => `${normal(Buffer.from(hex, 'hex'))} ${size}`);
}

function gnu(tar: Buffer): string[] | undefined {
  const argv = ['--quoting-style=literal', '--show-transformed-names', '-P', '-tf', '-'];
  const { status, stdout } = spawnSync('tar', argv, { input: tar });
  if (status !== 0) return undefined;
  return stdout
    .toString('latin1')
    .split('\n')
    .slice(0, -1)
    .map((line) => normal(Buffer.from(line, 'latin1')));
}

const normal = (name: Buffer): string =>
  name
    .toString('latin1')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
const oursAs = (entries: readonly TarEntry[]): string[] =>
  entries.map(({ path, size }) => `${normal(encodeName(path))} ${size}`);

/** No newline: GNU tar's list has one name a line. */
const letter = fc.constantFrom('a', 'b', 'ü', '\udcff', ' ', '-', '.', 'x'.repeat(60));
const path = fc
  .array(
    fc.array(letter, { minLength: 1, maxLength: 4 }).map((letters) => letters.join('')),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join('/'))
  .filter((name) => !name.split('/').some((part) => /^\.+$/.test(part)));
const part = fc.oneof(
  fc.tuple(path, fc.nat(1500)).map(([path, size]) => blocksOf({ path, body: 'z'.repeat(size) })),
  path.map((path) => blocksOf({ path, type: 'directory' })),
  fc.tuple(path, path).map(([path, target]) => blocksOf({ path, type: 'symlink', target })),
  fc.tuple(path, path).map(([path, target]) => blocksOf({ path, type: 'hardlink', target })),
  path.map((path) => blocksOf({ path, type: 'fifo' })),
  path.map((name) =>
    Buffer.concat([
      paxMember(record('comment', 'c')),
      blocksOf({ path: 'c' }).subarray(0, 0),
      member({ name: 'plain' }, name.length > 3 ? 'abc' : ''),
    ]),
  ),
  path
    .filter((name) => name.isWellFormed())
    .map((name) =>
      Buffer.concat([
        member({ name: '././@LongLink', type: 'L' }, `${name}\0`),
        member({ name: 'short' }, 'q'),
      ]),
    ),
);

test('T23: on archives that are in order, GNU tar and Python read what we read', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const tar = archive(...parts);
      const entries = ours(tar);
      expect(entries).toBeDefined();
      expect(oursAs(entries ?? [])).toEqual(python(tar));
      expect(oursAs(entries ?? []).map((line) => line.replace(/ \d+$/, ''))).toEqual(gnu(tar));
    }),
    { numRuns: 30 },
  );
});

/**
 * One changed byte or a cut anywhere: we may refuse what another takes, never take what both refuse, and never read other
 * names than Python where both take it. Stricter than GNU tar and Python on purpose, as listed at TarWalker: unknown
 * typeflags, `..`, links with a size, a lone zero block, two extended headers.
 */
test('T23: on damaged archives we are never the lax one', () => {
  const damaged = fc.tuple(
    fc.array(part, { minLength: 1, maxLength: 4 }),
    fc.nat(),
    fc.nat(255),
    fc.boolean(),
  );
  fc.assert(
    fc.property(damaged, ([parts, position, byte, cut]) => {
      const tar = archive(...parts);
      const at = position % (tar.length - 1024);
      if (cut) {
        const short = tar.subarray(0, at);
        const entries = ours(short);
        if (entries !== undefined) expect(at % 512).toBe(0);
        return;
      }
      tar[at] = byte;
      const entries = ours(tar);
      if (entries === undefined) return;
      const theirs = python(tar);
      expect(theirs ?? gnu(tar)).toBeDefined();
      if (theirs !== undefined) expect(oursAs(entries)).toEqual(theirs);
    }),
    { numRuns: 60 },
  );
});
