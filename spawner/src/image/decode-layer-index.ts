import { Digest, type LayerEntry, type LayerIndex } from '@berth/schema';
import * as z from 'zod/mini';
import { SCANNER } from './index-layer.ts';

const Envelope = z.object({
  digest: Digest,
  scanner: z.literal(SCANNER),
  size: z.number(),
  entries: z.array(z.unknown()),
  bodies: z.record(z.string(), z.string()),
});

/**
 * A LayerIndex from a cache file; undefined when it is not one. The schema judges the envelope, a plain check each
 * entry: 60,000 entries through the schema's union take longer than reading the file.
 */
export function decodeLayerIndex(bytes: Buffer, digest: Digest): LayerIndex | undefined {
  try {
    const parsed = Envelope.safeParse(JSON.parse(bytes.toString('utf8')));
    if (!parsed.success || parsed.data.digest !== digest || !parsed.data.entries.every(isLayerEntry))
      return undefined;
    return { ...parsed.data, entries: parsed.data.entries };
  } catch {
    return undefined;
  }
}

function isLayerEntry(value: unknown): value is LayerEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<Record<string, unknown>>;
  if (typeof entry.path !== 'string') return false;
  switch (entry.type) {
    case 'file':
      return typeof entry.mode === 'number' && typeof entry.size === 'number';
    case 'directory':
      return typeof entry.mode === 'number';
    case 'symlink':
    case 'hardlink':
      return typeof entry.target === 'string';
    default:
      return entry.type === 'whiteout' || entry.type === 'opaque';
  }
}
