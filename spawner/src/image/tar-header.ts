import { decodeName, encodeName } from './tar-name.ts';
import { decodeNumber, encodeNumber } from './tar-number.ts';
import { LayerRefusal } from './layer-refusal.ts';

export const BLOCK = 512;

/** One 512-byte header as it stands, nothing normalised. `mtime` in seconds; `type` is the typeflag character. */
export interface TarHeader {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly type: string;
  readonly linkname: string;
  readonly devmajor?: number;
  readonly devminor?: number;
}

const CHECKSUM_AT = 148;
const MAGIC_AT = 257;
const PREFIX_AT = 345;

/**
 * Source: POSIX pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
 * @throws LayerRefusal bad checksum or a field that is not a number
 */
export function decodeTarHeader(block: Buffer): TarHeader {
  checkSum(block);
  const name = text(block, 0, 100);
  // only POSIX headers have a prefix: GNU keeps times and sparse maps there, v7 nothing
  const prefix = isUstar(block) ? text(block, PREFIX_AT, 155) : '';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: decodeNumber(block, 100, 8, 'mode') & 0o7777,
    uid: decodeNumber(block, 108, 8, 'uid'),
    gid: decodeNumber(block, 116, 8, 'gid'),
    size: decodeNumber(block, 124, 12, 'size'),
    mtime: decodeNumber(block, 136, 12, 'mtime', true),
    type: block[156] === 0 ? '0' : String.fromCharCode(block[156] as number),
    linkname: text(block, 157, 100),
  };
}

/**
 * One ustar header block.
 * @throws RangeError name or linkname too long for ustar: `encodeTarEntry` writes those as PAX records
 */
export function encodeTarHeader(header: TarHeader): Buffer {
  const block = Buffer.alloc(BLOCK);
  const [prefix, name] = splitName(encodeName(header.name));
  const linkname = encodeName(header.linkname);
  if (linkname.length > 100) throw new RangeError('link name too long for ustar');
  name.copy(block, 0);
  encodeNumber(block, 100, 8, header.mode);
  encodeNumber(block, 108, 8, header.uid);
  encodeNumber(block, 116, 8, header.gid);
  encodeNumber(block, 124, 12, header.size);
  encodeNumber(block, 136, 12, header.mtime);
  block.write(header.type, 156, 'latin1');
  linkname.copy(block, 157);
  block.write('ustar\u000000', MAGIC_AT, 'latin1');
  if (header.devmajor !== undefined) encodeNumber(block, 329, 8, header.devmajor);
  if (header.devminor !== undefined) encodeNumber(block, 337, 8, header.devminor);
  prefix.copy(block, PREFIX_AT);
  block.write(`${sum(block, false).toString(8).padStart(6, '0')}\u0000 `, CHECKSUM_AT, 'latin1');
  return block;
}

/** Whether `encodeTarHeader` can hold this name. */
export function fitsUstar(name: Buffer): boolean {
  return name.length <= 100 || splitAt(name) > 0;
}

function splitName(name: Buffer): readonly [Buffer, Buffer] {
  if (name.length <= 100) return [Buffer.alloc(0), name];
  const slash = splitAt(name);
  if (slash <= 0) throw new RangeError('name too long for ustar');
  return [name.subarray(0, slash), name.subarray(slash + 1)];
}

/** The slash that leaves at most 155 bytes before it and 1 to 100 behind it, or -1. */
function splitAt(name: Buffer): number {
  const slash = name.indexOf(0x2f, Math.max(0, name.length - 101));
  return slash > 0 && slash <= 155 && slash < name.length - 1 ? slash : -1;
}

const isUstar = (block: Buffer): boolean =>
  block.readUInt32BE(MAGIC_AT) === 0x75737461 && block[MAGIC_AT + 4] === 0x72 && block[MAGIC_AT + 5] === 0;

function text(block: Buffer, at: number, length: number): string {
  let end = at;
  while (end < at + length && block[end] !== 0) end += 1;
  return end === at ? '' : decodeName(block.subarray(at, end));
}

function checkSum(block: Buffer): void {
  const wanted = decodeNumber(block, CHECKSUM_AT, 8, 'checksum');
  // some old tars summed signed bytes; every reader takes both
  if (sum(block, false) !== wanted && sum(block, true) !== wanted) {
    throw new LayerRefusal('a header has a wrong checksum');
  }
}

function sum(block: Buffer, signed: boolean): number {
  let total = 8 * 0x20;
  for (let i = 0; i < BLOCK; i += 1) {
    const byte = block[i] as number;
    if (i < CHECKSUM_AT || i >= CHECKSUM_AT + 8) total += signed && byte > 127 ? byte - 256 : byte;
  }
  return total;
}

/** Zero bytes that follow a body of `size` bytes up to the next block. */
export const paddingOf = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

/** The two zero blocks that end an archive. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK);
