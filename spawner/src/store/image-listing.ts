import { decodeName, encodeName } from '../image/tar-name.ts';
import type { Touched } from './start-profile.ts';

export interface ListedDirectory {
  /** of all files below it */
  readonly bytes: number;
  /** everything below it */
  readonly entries: number;
  readonly mode: number;
  /** seconds since the epoch */
  readonly mtime: number;
  /** names that were looked up in it and below */
  readonly lookups: number;
}

/** A directory in which names were looked up. */
export interface SearchedDirectory {
  readonly lookups: number;
  /** directly in it */
  readonly files: readonly ListedFile[];
}

export interface ListedFile {
  readonly path: string;
  readonly bytes: number;
}

/** What must be known of an image's tree to choose a hot set. Paths are relative, the root is `''`. */
export interface ImageListing {
  readonly directories: ReadonlyMap<string, ListedDirectory>;
  /** in the order in which they were opened; a file with several names comes with each */
  readonly opened: readonly ListedFile[];
  readonly searched: ReadonlyMap<string, SearchedDirectory>;
  /** symbolic links and where they lead */
  readonly links: ReadonlyMap<string, string>;
}

/** find(1) writes six fields an entry, each ended by NUL. */
export const FIND_FORMAT = '%i\\0%y\\0%s\\0%m %Ts\\0%l\\0%P\\0';
const FIELDS = 6;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));

/**
 * Takes what find(1) lists, in pieces; `done` gives the sum. Of files where nothing was touched only the sizes are
 * kept: images have a hundred thousand of them.
 */
export function imageListing(touched: Touched): {
  push(bytes: Buffer): void;
  done(): ImageListing;
} {
  const rank = new Map([...touched.opened].map((inode, at) => [inode, at]));
  const directories = new Map<string, Writable<ListedDirectory>>();
  const searched = new Map<string, { lookups: number; files: ListedFile[] }>();
  const opened: (ListedFile & { readonly rank: number })[] = [];
  const links = new Map<string, string>();
  let fields: string[] = [];
  let rest: Buffer = Buffer.alloc(0);

  const directory = (path: string) => {
    const known = directories.get(path) ?? { bytes: 0, entries: 0, mode: 0o755, mtime: 0, lookups: 0 };
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
    if (type === 'd') {
      Object.assign(directory(path), { mode: parseInt(mode, 8), mtime: Number(mtime) });
      const lookups = touched.lookups.get(inode) ?? 0;
      // find lists a directory before what is in it
      if (lookups > 0) searched.set(path, { lookups, files: [] });
      for (let above = path; above !== ''; above = parentOf(above)) directory(above).lookups += lookups;
    } else if (type === 'l') links.set(path, target);
    else if (type === 'f') {
      if (at !== undefined) opened.push({ path, bytes, rank: at });
      searched.get(parentOf(path))?.files.push({ path, bytes });
    }
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
    done: () => ({ directories, opened: opened.sort((a, b) => a.rank - b.rank), searched, links }),
  };
}

/** The bytes of a listed path, for a program that is to find it. */
export const pathBytes = (path: string): Buffer => encodeName(path);
