/** A tar made of a few entries in memory (POSIX.1-1988 ustar, the 512-byte header of tar(5)), for hand-made layers. */
export interface TarEntry {
  /** At most 100 bytes: longer names need PAX or GNU entries, which whoever tests them writes by hand. */
  readonly path: string;
  readonly type?: 'file' | 'hardlink' | 'symlink' | 'directory';
  readonly content?: string | Buffer;
  /** Target of a link. */
  readonly target?: string;
  readonly mode?: number;
}

const typeFlags = { file: '0', hardlink: '1', symlink: '2', directory: '5' } as const;
const block = 512;

/** The whole archive with its two empty blocks at the end; owner root, time 2026-01-01, so equal input gives equal bytes. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(encode), Buffer.alloc(2 * block)]);
}

/** Entries that delete `path` of the layers below (image-spec, layer.md "Whiteouts"). */
export function whiteout(path: string): TarEntry {
  const cut = path.lastIndexOf('/') + 1;
  return { path: `${path.slice(0, cut)}.wh.${path.slice(cut)}` };
}

/** An entry that hides all the layers below hold in the directory `path`. */
export function opaque(path: string): TarEntry {
  return { path: `${path}/.wh..wh..opq` };
}

function encode(entry: TarEntry): Buffer[] {
  const type = entry.type ?? 'file';
  const content = Buffer.from(entry.content ?? '');
  const header = Buffer.alloc(block);
  header.write(type === 'directory' ? `${entry.path}/` : entry.path, 0);
  header.write(octal(entry.mode ?? (type === 'directory' ? 0o755 : 0o644), 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(content.length, 12), 124);
  header.write(octal(Date.UTC(2026, 0, 1) / 1000, 12), 136);
  header.write(' '.repeat(8), 148); // the checksum counts itself as blanks
  header.write(typeFlags[type], 156);
  header.write(entry.target ?? '', 157);
  header.write('ustar\x0000', 257);
  header.write(`${octal(checksum(header), 7)} `, 148);
  return [header, content, Buffer.alloc((block - (content.length % block)) % block)];
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

function checksum(header: Buffer): number {
  return header.reduce((sum, byte) => sum + byte, 0);
}
