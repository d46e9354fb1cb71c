import { encodeTarHeader, paddingOf, TAR_END, type TarHeader } from '@berth/spawner/image';

/** A header with whatever bytes a test wants in it: `patch` puts bytes at offsets, the checksum is right again. */
export function rawHeader(
  header: Partial<TarHeader>,
  patch: Readonly<Record<number, string | Buffer>> = {},
): Buffer {
  const block = encodeTarHeader({
    name: 'x',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: 0,
    type: '0',
    linkname: '',
    ...header,
  });
  for (const [at, bytes] of Object.entries(patch))
    Buffer.from(bytes as string, 'latin1').copy(block, Number(at));
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Header, body, padding. */
export function member(
  header: Partial<TarHeader>,
  body: string | Buffer = '',
  patch: Readonly<Record<number, string | Buffer>> = {},
): Buffer {
  const bytes = Buffer.from(body as string);
  return Buffer.concat([
    rawHeader({ size: bytes.length, ...header }, patch),
    bytes,
    Buffer.alloc(paddingOf(bytes.length)),
  ]);
}

export const paxMember = (records: Buffer | string, type = 'x'): Buffer =>
  member({ name: 'pax', type }, records);

/** One PAX record with its length. */
export function record(key: string, value: string): string {
  const body = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(body) + 1;
  while (String(length).length + Buffer.byteLength(body) !== length) length += 1;
  return `${length}${body}`;
}

export const archive = (...members: readonly Buffer[]): Buffer => Buffer.concat([...members, TAR_END]);
