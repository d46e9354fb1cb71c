import { expect, test } from '@jest/globals';
import { shownTiles, type Tile } from '../../../extension/src/model/shown-tiles.ts';

const tile = (name: string, sameAs?: string): Tile => ({
  name,
  displayName: name.toUpperCase(),
  metadata: {
    image: `lab/${name}`,
    digest: 'd',
    kernel: 'k',
    language: 'python',
    ...(sameAs ? { sameAs } : {}),
  },
});
const names = (tiles: readonly Tile[], recent: readonly string[] = [], most = 30) =>
  shownTiles(tiles, recent, most).map(({ name }) => name);

test('by name, the recently used first, no more than asked for', () => {
  const tiles = [tile('c'), tile('a'), tile('b')];
  expect(names(tiles)).toEqual(['a', 'b', 'c']);
  expect(names(tiles, ['c', 'gone', 'b'])).toEqual(['c', 'b', 'a']);
  expect(names(tiles, ['c'], 2)).toEqual(['c', 'a']);
  expect(names(tiles, [], 0)).toEqual([]);
});

test('one tile for all tags of a digest; that another tag was used counts for it', () => {
  const tiles = [tile('a'), tile('b'), tile('b-old', 'b')];
  expect(names(tiles)).toEqual(['a', 'b']);
  expect(names(tiles, ['b-old'])).toEqual(['b', 'a']);
});

test('a tag whose stand-in is not there stays', () => {
  expect(names([tile('b-old', 'b')])).toEqual(['b-old']);
});
