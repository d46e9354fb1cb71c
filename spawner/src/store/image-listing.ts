import { decodeName } from '../image/tar-name.ts';

export interface ListedDirectory {
  /** of all files below it */
  readonly bytes: number;
  /** everything below it */
  readonly entries: number;
  readonly mode: number;
  /** seconds since the epoch */
  readonly mtime: number;
}

export interface OpenedFile {
  readonly path: string;
  readonly bytes: number;
}

/** What must be known of an image's tree to choose a hot set. Paths are relative, the root is `''`. */
export interface ImageListing {
  readonly directories: ReadonlyMap<string, ListedDirectory>;
  /** in the order in which they were opened; a file with several names comes with each */
  readonly opened: readonly OpenedFile[];
  /** symbolic links and where they lead */
  readonly links: ReadonlyMap<string, string>;
}

/** find(1) writes six fields an entry, each ended by NUL. */
export const FIND_FORMAT = '%i\\0%y\\0%s\\0%m %Ts\\0%l\\0%P\\0';
const FIELDS = 6;

export const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));

/**
 * Takes what find(1) lists, in pieces; `done` gives the sum. Of files that were not opened nothing is kept but their sizes:
 * images have a hundred thousand of them.
 */
export function imageListing(openedInodes: ReadonlySet<string>): {
  push(bytes: Buffer): void;
  done(): ImageListing;
} {
  const rank = new Map([...openedInodes].map((inode, at) => [inode, at]));
  const directories = new Map<string, { bytes: number; entries: number; mode: number; mtime: number }>();
  const opened: (OpenedFile & { readonly rank: number })[] = [];
  const links = new Map<string, string>();
  let fields: string[] = [];
  let rest: Buffer = Buffer.alloc(0);

  const directory = (path: string) => {
    const known = directories.get(path) ?? { bytes: 0, entries: 0, mode: 0o755, mtime: 0 };
    directories.set(path, known);
    return known;
  };
  const entry = (inode: string, type: string, size: string, times: string, target: string, path: string) => {
    const bytes = type === 'f' ? Number(size) : 0;
    for (let above = path; above !== '';) {
      above = parentOf(above);
      const sum = directory(above);
      sum.bytes += bytes;
      sum.entries += 1;
    }
    const [mode = '755', mtime = '0'] = times.split(' ');
    const at = rank.get(inode);
    if (type === 'd') Object.assign(directory(path), { mode: parseInt(mode, 8), mtime: Number(mtime) });
    else if (type === 'l') links.set(path, target);
    else if (type === 'f' && at !== undefined) opened.push({ path, bytes, rank: at });
  };
  return {
    push: (bytes) => {
      const text = Buffer.concat([rest, bytes]);
      let from = 0;
      for (let end = text.indexOf(0, from); end >= 0; end = text.indexOf(0, from)) {
        fields.push(decodeName(text.subarray(from, end)));
        from = end + 1;
        if (fields.length < FIELDS) continue;
        entry(...(fields as [string, string, string, string, string, string]));
        fields = [];
      }
      rest = text.subarray(from);
    },
    done: () => ({ directories, opened: opened.sort((a, b) => a.rank - b.rank), links }),
  };
}
