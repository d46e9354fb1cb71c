import type { KernelSpecMetadata } from '@berth/schema';

/** One kernelspec of Berth's, as a tile shows it. */
export interface Tile {
  readonly name: string;
  readonly displayName: string;
  readonly metadata: KernelSpecMetadata;
  /** address of the kernelspec's own picture, if it has one */
  readonly logo?: string;
}

/**
 * The tiles of the launcher, few and useful: one for each kernel of a digest (`sameAs` of one that is there is folded into
 * it), the recently used first, the rest by name, at most `most`.
 * @param recent names of kernelspecs, the last used first
 */
export function shownTiles(tiles: readonly Tile[], recent: readonly string[], most: number): readonly Tile[] {
  const names = new Set(tiles.map(({ name }) => name));
  const standsFor = ({ name, metadata: { sameAs } }: Tile): string =>
    sameAs !== undefined && names.has(sameAs) ? sameAs : name;
  const used = new Map<string, number>();
  for (const tile of tiles) {
    const at = recent.indexOf(tile.name);
    const name = standsFor(tile);
    if (at >= 0) used.set(name, Math.min(at, used.get(name) ?? Infinity));
  }
  const rank = ({ name }: Tile): number => used.get(name) ?? Infinity;
  return tiles
    .filter((tile) => standsFor(tile) === tile.name)
    .sort((a, b) => {
      const [first, second] = [rank(a), rank(b)];
      return first === second ? a.displayName.localeCompare(b.displayName) : first - second;
    })
    .slice(0, most);
}
