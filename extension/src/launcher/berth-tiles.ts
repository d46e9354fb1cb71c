import type { KernelSpec } from '@jupyterlab/services';
import { readKernelMetadata } from '../kernel-metadata.ts';
import type { Tile } from '../model/shown-tiles.ts';

const read = new WeakMap<KernelSpec.ISpecModels, ReadonlyMap<string, Tile>>();

/** Berth's among the kernelspecs that Jupyter knows, by name; read once for each answer of Jupyter's. */
export function berthTiles(specs: KernelSpec.ISpecModels | null): ReadonlyMap<string, Tile> {
  if (!specs) return new Map();
  const known = read.get(specs);
  if (known) return known;
  const tiles = new Map<string, Tile>();
  for (const spec of Object.values(specs.kernelspecs)) {
    const metadata = spec && readKernelMetadata(spec);
    if (!metadata) continue;
    const { name, display_name: displayName, resources } = spec;
    // in the order in which Lab looks for them
    const logo = resources['logo-svg'] ?? resources['logo-64x64'];
    tiles.set(name, { name, displayName, metadata, ...(logo !== undefined && { logo }) });
  }
  read.set(specs, tiles);
  return tiles;
}
