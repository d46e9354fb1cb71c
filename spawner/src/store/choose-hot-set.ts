import { parentOf, type ImageListing } from './image-listing.ts';

/** What of an image is unpacked beside it. All paths are the image's own; `whole` and `single` never overlap. */
export interface HotSet {
  /** directories taken with all that is below them: no look-up in them needs the image any more */
  readonly whole: readonly string[];
  /** files and symbolic links, and the directories above all that was taken, parents first */
  readonly single: readonly string[];
  readonly bytes: number;
}

export interface HotSetLimits {
  readonly bytes: number;
  readonly entries: number;
  /** a directory larger than that is never taken whole */
  readonly wholeBytes: number;
  readonly wholeEntries: number;
  /** up to that it is for one file's sake, a larger one only when at least one of `sparseness` entries was looked up */
  readonly cheapBytes: number;
  readonly sparseness: number;
}

/** A Python kernel takes 55 MB of them, most of it shared libraries and whole packages. */
export const HOT_SET_LIMITS: HotSetLimits = {
  bytes: 96 * 1024 ** 2,
  entries: 20_000,
  wholeBytes: 8 * 1024 ** 2,
  wholeEntries: 2000,
  cheapBytes: 1024 ** 2,
  sparseness: 16,
};

/**
 * Chooses what a start touches, first opened first: the largest directory around it that is worth its room, else the file
 * itself; then all files of directories that are searched much. Whole directories also answer the look-ups of names that do not exist, which a mount has to be asked each time.
 */
export function chooseHotSet(listing: ImageListing, limits: HotSetLimits = HOT_SET_LIMITS): HotSet {
  const { directories, opened, searched, links } = listing;
  const whole = new Set<string>();
  const single = new Set<string>();
  const names = new Set<string>();
  let bytes = 0;
  let entries = 0;
  const fits = (moreBytes: number, moreEntries: number): boolean => {
    if (bytes + moreBytes > limits.bytes || entries + moreEntries > limits.entries) return false;
    bytes += moreBytes;
    entries += moreEntries;
    return true;
  };
  const worthwhile = (path: string): boolean => {
    const { bytes: size = 0, entries: count = 0, lookups = 0 } = directories.get(path) ?? {};
    if (size > limits.wholeBytes || count > limits.wholeEntries) return false;
    return size <= limits.cheapBytes || lookups * limits.sparseness >= count;
  };
  for (const file of opened) {
    const above = ancestors(file.path);
    for (const path of [...above, file.path]) names.add(nameOf(path));
    if (above.some((path) => whole.has(path))) continue;
    const top = above.find(worthwhile);
    const sum = top === undefined ? undefined : directories.get(top);
    if (top !== undefined && sum !== undefined && fits(sum.bytes, sum.entries)) whole.add(top);
    else if (fits(file.bytes, 1)) single.add(file.path);
  }
  const inWhole = (path: string): boolean => ancestors(path).some((above) => whole.has(above));
  // where many names are looked up (Python asks for every module.py whose .pyc it opens), all files beside them
  for (const [path, { lookups, files }] of searched) {
    if (inWhole(`${path}/`) || lookups * limits.sparseness < files.length) continue;
    const more = files.filter((file) => !single.has(file.path));
    const size = more.reduce((sum, file) => sum + file.bytes, 0);
    if (size > limits.wholeBytes || !fits(size, more.length)) continue;
    for (const file of more) single.add(file.path);
  }
  // links by which one of them is reached: lib -> usr/lib, python -> python3 -> python3.12
  for (let before = -1; before !== single.size;) {
    before = single.size;
    for (const [path, target] of links) {
      if (single.has(path) || !names.has(nameOf(target)) || inWhole(path) || !fits(0, 1)) continue;
      single.add(path);
      names.add(nameOf(path));
    }
  }
  const kept = [...single].filter((path) => !inWhole(path));
  const above = [...whole, ...kept].flatMap(ancestors);
  return { whole: [...whole], single: [...new Set([...above.sort(byDepth), ...kept])], bytes };
}

/** `a/b/c` -> `a`, `a/b`. */
function ancestors(path: string): string[] {
  const above: string[] = [];
  for (let at = parentOf(path); at !== ''; at = parentOf(at)) above.unshift(at);
  return above;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const byDepth = (a: string, b: string): number => a.split('/').length - b.split('/').length;
