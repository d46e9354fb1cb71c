import { encodeTarEntry, paddingOf, TAR_END, type TarEntry } from '@berth/spawner/image';

export { DEFAULT_LIMITS as LIMITS } from './limits.ts';

/** What a test says of an entry; the rest is filled in. */
export type Part = Partial<TarEntry> & { readonly path: string; readonly body?: string | Buffer };

export function blocksOf(part: Part): Buffer {
  const body = Buffer.from(part.body ?? '');
  const { path, type = 'file', ...rest } = part;
  const entry: TarEntry = { type, mode: 0o644, uid: 0, gid: 0, size: body.length, mtime: 0, ...rest, path };
  return Buffer.concat([encodeTarEntry(entry), body, Buffer.alloc(paddingOf(body.length))]);
}

export const tarOf = (parts: readonly Part[]): Buffer => Buffer.concat([...parts.map(blocksOf), TAR_END]);

/** `bytes` as a stream of chunks of `size` bytes. */
export async function* inSlices(bytes: Buffer, size = 65_536): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
