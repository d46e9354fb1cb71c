import { expect, test } from '@jest/globals';
import { TarWalker, LayerRefusal, type TarEntry } from '@berth/spawner/image';
import { LIMITS } from './archives.ts';
import { archive, member, paxMember, rawHeader, record } from './raw-tar.ts';

function walk(tar: Buffer, limits = LIMITS): TarEntry[] {
  const found: TarEntry[] = [];
  const walker = new TarWalker(limits, { entry: (entry) => void found.push(entry) });
  walker.push(tar);
  walker.end();
  return found;
}

const long = (type: string, text: string): Buffer => member({ name: '././@LongLink', type }, text);
const base256 = (hex: string): Buffer => Buffer.from(hex, 'hex');
const y = member({ name: 'y' });

/** T23: each is refused, with this in the sentence. */
const REFUSED: readonly (readonly [string, Buffer, RegExp])[] = [
  ['.. first', archive(member({ name: '../x' })), /\.\./],
  ['.. in the middle', archive(member({ name: 'a/../x' })), /\.\./],
  ['.. at the end', archive(member({ name: 'a/..', type: '5' })), /\.\./],
  ['.. alone', archive(member({ name: '..', type: '5' })), /\.\./],
  ['absolute ..', archive(member({ name: '/../x' })), /\.\./],
  ['.. in PAX path', archive(paxMember(record('path', '../x')), y), /\.\./],
  ['.. in a long name', archive(long('L', '../x\0'), y), /\.\./],
  ['.. in prefix', archive(member({}, '', { 345: '..' })), /\.\./],
  ['hard link outside', archive(member({ type: '1', linkname: '../etc/passwd' })), /\.\./],
  [
    'hard link outside by PAX',
    archive(paxMember(record('linkpath', '../../x')), member({ type: '1', linkname: 'a' })),
    /\.\./,
  ],
  ['hard link to the root', archive(member({ type: '1', linkname: '/' })), /link to nothing/],
  ['hard link to nothing', archive(member({ type: '1' })), /link to nothing/],
  ['symlink to nothing', archive(member({ type: '2' })), /symlink to nothing/],
  ['file in place of the root', archive(member({ name: './' + '.' })), /root/],
  ['symlink in place of the root', archive(member({ name: '/', type: '2', linkname: '/etc' })), /root/],
  ['no name', archive(member({ name: '' }, '', { 0: '\0' })), /root|checksum/],
  ['negative size', archive(rawHeader({}, { 124: base256('ff'.repeat(12)) })), /negative/],
  ['size 2^63', archive(rawHeader({}, { 124: base256('80000000' + '8000000000000000') })), /2\^53/],
  ['size beyond 2^53', archive(rawHeader({}, { 124: base256('80000000' + '0020000000000001') })), /2\^53/],
  ['size that is no number', archive(rawHeader({}, { 124: '0000000z000\0' })), /not a number/],
  ['size with digits after a space', archive(rawHeader({}, { 124: '00000 00001\0' })), /not a number/],
  ['hexadecimal size', archive(rawHeader({}, { 124: '0x000000010\0' })), /not a number/],
  ['signed size', archive(rawHeader({}, { 124: '-0000000001\0' })), /not a number/],
  ['mode that is no number', archive(rawHeader({}, { 100: 'abcdefg\0' })), /not a number/],
  ['negative uid', archive(rawHeader({}, { 108: base256('ff'.repeat(8)) })), /negative/],
  ['wrong checksum', archive(Buffer.concat([rawHeader({}).fill(0x7a, 0, 1)])), /checksum/],
  ['not a tar', Buffer.alloc(1024, 'x'), /checksum|number/],
  [
    'directory with a size',
    archive(rawHeader({ name: 'd/', type: '5', size: 512 }), Buffer.alloc(512)),
    /with a size/,
  ],
  [
    'v7 directory with a size',
    archive(rawHeader({ name: 'd/', size: 512 }), Buffer.alloc(512)),
    /with a size/,
  ],
  [
    'symlink with a size',
    archive(rawHeader({ type: '2', linkname: 'a', size: 512 }), Buffer.alloc(512)),
    /with a size/,
  ],
  [
    'hard link with a size',
    archive(rawHeader({ type: '1', linkname: 'a', size: 512 }), Buffer.alloc(512)),
    /with a size/,
  ],
  ['FIFO with a size', archive(rawHeader({ type: '6', size: 512 }), Buffer.alloc(512)), /with a size/],
  ['device with a size', archive(rawHeader({ type: '3', size: 512 }), Buffer.alloc(512)), /with a size/],
  ['GNU sparse', archive(rawHeader({ type: 'S' })), /sparse/],
  ['PAX sparse 0.1', archive(paxMember(record('GNU.sparse.map', '0,1')), y), /sparse/],
  ['PAX sparse 1.0', archive(paxMember(record('GNU.sparse.major', '1')), y), /sparse/],
  ['multi-volume', archive(rawHeader({ type: 'M' })), /unknown type/],
  ['GNU dump directory', archive(rawHeader({ type: 'D' })), /unknown type/],
  ['Solaris PAX', archive(member({ type: 'X' })), /unknown type/],
  ['an odd typeflag', archive(rawHeader({ type: '9' })), /unknown type/],
  ['NUL in PAX path', archive(paxMember(record('path', 'a\0b')), y), /NUL/],
  [
    'NUL in PAX linkpath',
    archive(paxMember(record('linkpath', 'a\0b')), member({ type: '2', linkname: 'z' })),
    /NUL/,
  ],
  ['NUL in a PAX key', archive(paxMember(record('pa\0th', 'a')), y), /NUL/],
  ['NUL in a long name', archive(long('L', 'a\0b\0'), y), /NUL/],
  ['PAX length too short', archive(paxMember('3 path=a\n'), y), /length|key/],
  ['PAX length too long', archive(paxMember('999 path=a\n'), y), /length/],
  ['PAX length zero', archive(paxMember('0 path=a\n'), y), /length/],
  ['PAX length negative', archive(paxMember('-9 path=a\n'), y), /length/],
  ['PAX length 2^60', archive(paxMember('1152921504606846976 path=a\n'), y), /length/],
  ['PAX without newline', archive(paxMember('9 path=a'), y), /length/],
  ['PAX without key', archive(paxMember('6 =ab\n'), y), /key/],
  ['PAX without =', archive(paxMember('9 path_a\n'), y), /key/],
  ['PAX of 2 MiB', archive(rawHeader({ type: 'x', size: 2 ** 21 })), /1 MiB/],
  [
    'PAX that claims 2^48',
    archive(rawHeader({ type: 'x' }, { 124: base256('800000000001000000000000') })),
    /1 MiB/,
  ],
  ['PAX size that is no number', archive(paxMember(record('size', '1e3')), y), /not in order/],
  ['PAX size negative', archive(paxMember(record('size', '-1')), y), /not in order/],
  ['PAX size 2^63', archive(paxMember(record('size', '9223372036854775808')), y), /not in order/],
  ['PAX uid that is no number', archive(paxMember(record('uid', 'root')), y), /not in order/],
  ['PAX mtime that is no number', archive(paxMember(record('mtime', 'NaN')), y), /not in order/],
  [
    'two PAX headers',
    archive(paxMember(record('path', 'a')), paxMember(record('path', 'b')), y),
    /two extended/,
  ],
  ['two long names', archive(long('L', 'a\0'), long('L', 'b\0'), y), /two extended/],
  ['PAX path and long name', archive(paxMember(record('path', 'a')), long('L', 'b\0'), y), /two long names/],
  ['long name and PAX path', archive(long('L', 'b\0'), paxMember(record('path', 'a')), y), /two long names/],
  [
    'PAX linkpath and long link',
    archive(paxMember(record('linkpath', 'a')), long('K', 'b\0'), member({ type: '2', linkname: 'c' })),
    /two link names/,
  ],
  ['global path', archive(paxMember(record('path', 'a'), 'g'), y), /global/],
  ['global size', archive(paxMember(record('size', '0'), 'g'), y), /global/],
  [
    'global header between',
    archive(paxMember(record('path', 'a')), paxMember(record('comment', 'c'), 'g'), y),
    /global/,
  ],
  ['PAX header last', archive(paxMember(record('path', 'a'))), /without an entry/],
  ['long name last, no end', long('L', 'a\0'), /without an entry/],
  ['cut in a header', archive(y).subarray(0, 300), /cut short/],
  ['cut in a body', archive(member({}, 'x'.repeat(600))).subarray(0, 900), /cut short/],
  ['cut in the padding', archive(member({}, 'x')).subarray(0, 600), /cut short/],
  ['a lone zero block', Buffer.concat([y, Buffer.alloc(512), y]), /lone zero block/],
];

test.each(REFUSED)('T23, refused: %s', (_, tar, why) => {
  expect(() => walk(tar)).toThrow(why);
  expect(() => walk(tar)).toThrow(LayerRefusal);
});

const names = (tar: Buffer): string[] => walk(tar).map(({ type, path }) => `${type} ${path}`);

test.each<readonly [string, Buffer, readonly string[]]>([
  [
    'leading / and ./ go',
    archive(member({ name: '/a' }), member({ name: './b' }), member({ name: 'c//./d' })),
    ['file a', 'file b', 'file c/d'],
  ],
  ['setuid and setgid', archive(member({ name: 's', mode: 0o6755 })), ['file s']],
  [
    'devices and FIFOs',
    archive(
      member({ name: 'd', type: '3' }),
      member({ name: 'b', type: '4' }),
      member({ name: 'f', type: '6' }),
    ),
    ['character-device d', 'block-device b', 'fifo f'],
  ],
  ['one name twice', archive(y, y), ['file y', 'file y']],
  [
    'NFC and NFD stay apart',
    archive(member({ name: 'é' }), member({ name: 'e\u0301' })),
    ['file é', 'file e\u0301'],
  ],
  ['a ligature', archive(member({ name: 'ﬁ' }), member({ name: 'fi' })), ['file ﬁ', 'file fi']],
  ['a numeric PAX path', archive(paxMember(record('path', '0123')), y), ['file 0123']],
  ['an empty PAX path deletes the record', archive(paxMember(record('path', '')), y), ['file y']],
  ['x, L, file', archive(paxMember(record('mtime', '1.5')), long('L', 'long\0'), y), ['file long']],
  ['a global comment', archive(paxMember(record('comment', 'abc'), 'g'), y), ['file y']],
  ['trailing garbage', Buffer.concat([archive(y), Buffer.from('garbage')]), ['file y']],
  ['no end of archive', y, ['file y']],
  ['one zero block at the end', Buffer.concat([y, Buffer.alloc(512)]), ['file y']],
  ['nothing at all', Buffer.alloc(0), []],
  ['a v7 directory', archive(member({ name: 'd/' }, '', { 257: Buffer.alloc(8) })), ['directory d']],
  ['a contiguous file', archive(member({ name: 'c', type: '7' }, 'abc')), ['file c']],
  ['bytes that are no UTF-8', archive(member({}, '', { 0: Buffer.from([0x61, 0xff]) })), ['file a\udcff']],
])('T23, taken: %s', (_, tar, wanted) => expect(names(tar)).toEqual(wanted));

test("PAX size goes before the header's", () => {
  const tar = archive(
    paxMember(record('size', '3')),
    rawHeader({ name: 'a' }),
    Buffer.concat([Buffer.from('abc'), Buffer.alloc(509)]),
    y,
  );
  expect(walk(tar).map(({ path, size }) => [path, size])).toEqual([
    ['a', 3],
    ['y', 0],
  ]);
});

test.each<readonly [string, Buffer, object]>([
  ['layerEntries', archive(y, y, y), { layerEntries: 2 }],
  [
    'layerEntries',
    archive(...[1, 2, 3].map(() => paxMember(record('comment', 'c'), 'g'))),
    { layerEntries: 2 },
  ],
  ['pathBytes', archive(member({ name: 'ü'.repeat(20) })), { pathBytes: 30 }],
  ['pathBytes', archive(long('L', 'x'.repeat(5000)), y), {}],
  ['pathBytes', archive(long('K', 'x'.repeat(5000)), member({ type: '2', linkname: 'z' })), {}],
  [
    'pathBytes',
    archive(paxMember(record('linkpath', 'x'.repeat(5000))), member({ type: '2', linkname: 'z' })),
    {},
  ],
  ['pathDepth', archive(member({ name: 'a/'.repeat(40) + 'b' })), { pathDepth: 30 }],
  ['pathBytes', archive(paxMember(record('path', 'd/'.repeat(65_536))), y), {}],
])('the cap %s', (key, tar, limits) => {
  expect(() => walk(tar, { ...LIMITS, ...limits })).toThrow(
    expect.objectContaining({ limit: expect.objectContaining({ key }) }),
  );
});
