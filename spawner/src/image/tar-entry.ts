import { encodePax } from './pax.ts';
import { encodeTarHeader, fitsUstar, paddingOf } from './tar-header.ts';
import { encodeName } from './tar-name.ts';

export type TarEntryType =
  'file' | 'directory' | 'symlink' | 'hardlink' | 'character-device' | 'block-device' | 'fifo';

/**
 * One entry of an archive. `path` and a hard link's `target` are relative to the root, without leading or trailing
 * slash, `.` and `..` (`''` is the root itself); a symlink's `target` stands as it was. Names are text as
 * `decodeName` gives it; turn them into bytes with `encodeName`. `size` in bytes, `mtime` in seconds.
 */
export interface TarEntry {
  readonly type: TarEntryType;
  readonly path: string;
  readonly target?: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
}

const FLAGS = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
} as const satisfies Record<TarEntryType, string>;

/** The typeflag's meaning; `7` (contiguous file) is a file to every reader. */
export const TYPE_OF_FLAG: ReadonlyMap<string, TarEntryType> = new Map([
  ...(Object.keys(FLAGS) as TarEntryType[]).map((type) => [FLAGS[type], type] as const),
  ['7', 'file'] as const,
]);

/** Header blocks of an entry, with a PAX header in front where ustar's fields are too short; the body follows. */
export function encodeTarEntry(entry: TarEntry): Buffer {
  const slash = entry.type === 'directory' && entry.path !== '' ? '/' : '';
  const name = entry.path === '' ? './' : entry.path + slash;
  const target = entry.target ?? '';
  const records = new Map<string, string>();
  if (!fitsUstar(encodeName(name))) records.set('path', name);
  if (encodeName(target).length > 100) records.set('linkpath', target);
  const base = { mode: entry.mode, uid: entry.uid, gid: entry.gid, mtime: entry.mtime };
  const header = encodeTarHeader({
    ...base,
    name: records.has('path') ? 'long-name' : name,
    size: entry.size,
    type: FLAGS[entry.type],
    linkname: records.has('linkpath') ? 'long-name' : target,
  });
  if (records.size === 0) return header;
  const pax = encodePax(records);
  const paxHeader = encodeTarHeader({
    ...base,
    mode: 0o644,
    name: 'pax',
    size: pax.length,
    type: 'x',
    linkname: '',
  });
  return Buffer.concat([paxHeader, pax, Buffer.alloc(paddingOf(pax.length)), header]);
}
