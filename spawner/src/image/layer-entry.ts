import type { LayerEntry } from '@berth/schema';
import { LayerRefusal } from './layer-refusal.ts';
import type { TarEntry } from './tar-entry.ts';

const WHITEOUT = '.wh.';
/** Prefix of what aufs kept for itself, and of the opaque mark. */
const META = '.wh..wh.';
const OPAQUE = '.wh..wh..opq';

/**
 * A tar's entry as one of a layer; undefined for what a layer does not carry: devices and FIFOs (an ordinary user cannot
 * make them) and aufs' own files (`.wh..wh.NAME`). Refused, because readers disagree: a whiteout of nothing, `.` or `..`,
 * one that is a directory, symlink or device, one in the middle of a path. Source: OCI image-spec, layer.md, "Whiteouts".
 * @throws LayerRefusal
 */
export function layerEntry(entry: TarEntry): LayerEntry | undefined {
  const { type, path } = entry;
  // nearly no path holds it: decided without taking the path apart
  if (path.includes(WHITEOUT)) {
    const marked = whiteout(entry);
    if (marked !== 'none') return marked;
  }
  switch (type) {
    case 'file':
      return { type, path, mode: entry.mode, size: entry.size };
    case 'directory':
      return { type, path, mode: entry.mode };
    case 'symlink':
    case 'hardlink':
      return { type, path, target: entry.target ?? '' };
    case 'character-device':
    case 'block-device':
    case 'fifo':
      return undefined;
  }
}

function whiteout({ type, path }: TarEntry): LayerEntry | undefined | 'none' {
  const parts = path.split('/');
  if (parts.some((part) => part.startsWith(META) && part !== OPAQUE)) return undefined;
  const name = parts.pop() ?? '';
  if (parts.some((part) => part.startsWith(WHITEOUT)))
    throw new LayerRefusal('a whiteout in the middle of a path');
  if (!name.startsWith(WHITEOUT)) return 'none';
  // aufs made them hard links to one empty file
  if (type !== 'file' && type !== 'hardlink') throw new LayerRefusal(`a whiteout that is a ${type}`);
  if (name === OPAQUE) return { type: 'opaque', path: parts.join('/') };
  const hidden = name.slice(WHITEOUT.length);
  if (hidden === '' || hidden === '.' || hidden === '..') throw new LayerRefusal(`the whiteout "${name}"`);
  return { type: 'whiteout', path: [...parts, hidden].join('/') };
}
