import type { LayerEntry } from '@berth/schema';
import type { TarEntry } from '../image/index.ts';

export function layerEntry(entry: TarEntry): LayerEntry | undefined {
  const { path, mode, size, target = '' } = entry;
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  const parent = path.slice(0, Math.max(slash, 0));
  if (name === '.wh..wh..opq') return { type: 'opaque', path: parent };
  if (name.startsWith('.wh..wh.')) return undefined;
  if (name.startsWith('.wh.')) return { type: 'whiteout', path: (parent && `${parent}/`) + name.slice(4) };
  switch (entry.type) {
    case 'file':
      return { type: 'file', path, mode, size };
    case 'directory':
      return { type: 'directory', path, mode };
    case 'symlink':
    case 'hardlink':
      return { type: entry.type, path, target };
    default:
      return undefined;
  }
}
