import type { LayerEntry } from '@berth/schema';
import { addMountPoints } from './mount-points.ts';
import { components, newDirectory, RootfsTree, type DirectoryNode, type Origin } from './rootfs-tree.ts';

/** Where the body of one tar member goes: `path`, and `links` to it. All relative to the root. */
export interface PlannedMember {
  readonly path: string;
  readonly links: readonly string[];
}
/** A directory or an empty file that no layer brings. */
export interface SyntheticMember {
  readonly type: 'directory' | 'file';
  readonly path: string;
}
/** Which members of which layers make the root file system; no path passes through a symbolic link, none comes twice. */
export interface RootfsPlan {
  /** by position of the layer, bottom first: ordinal in its `LayerIndex.entries` -> place */
  readonly layers: readonly ReadonlyMap<number, PlannedMember>[];
  readonly synthetic: readonly SyntheticMember[];
}

/**
 * Lays the layers over each other, bottom first, and adds mount points. Source: OCI image-spec, layer.md, "Applying
 * Changesets". Links between names need no care about order: names of one body are one member with links, whichever
 * of them the upper layers left.
 */
export function planRootfs(layers: readonly (readonly LayerEntry[])[]): RootfsPlan {
  const tree = new RootfsTree();
  layers.forEach((entries, layer) => {
    // whiteouts speak about lower layers only, wherever in the tar they stand
    for (const entry of entries) hide(tree, entry);
    entries.forEach((entry, ordinal) => place(tree, entry, { layer, ordinal }));
  });
  addMountPoints(tree);
  return collect(tree, layers.length);
}

function hide(tree: RootfsTree, entry: LayerEntry): void {
  if (entry.type === 'opaque') {
    tree.directory(components(entry.path), 'nothing')?.children.clear();
  } else if (entry.type === 'whiteout') {
    const path = components(entry.path);
    const name = path.pop();
    if (name !== undefined) tree.directory(path, 'nothing')?.children.delete(name);
  }
}

function place(tree: RootfsTree, entry: LayerEntry, origin: Origin): void {
  if (entry.type === 'whiteout' || entry.type === 'opaque') return;
  const path = components(entry.path);
  const name = path.pop();
  if (name === undefined) {
    if (entry.type === 'directory') tree.root.origin = origin;
    return;
  }
  const parent = tree.directory(path, 'anything');
  // a loop of links as parent: no unpacker can make this entry
  if (parent !== undefined) placeIn(tree, parent, name, entry, origin);
}

type PlacedEntry = Exclude<LayerEntry, { type: 'whiteout' | 'opaque' }>;

function placeIn(
  tree: RootfsTree,
  parent: DirectoryNode,
  name: string,
  entry: PlacedEntry,
  origin: Origin,
): void {
  const there = parent.children.get(name);
  switch (entry.type) {
    case 'directory':
      if (there?.kind === 'directory') there.origin = origin;
      else parent.children.set(name, newDirectory(origin));
      return;
    case 'symlink':
      parent.children.set(name, { kind: 'symlink', origin, target: entry.target });
      return;
    case 'file':
      parent.children.set(name, { kind: 'file', origin });
      return;
    case 'hardlink': {
      const target = tree.lookup(components(entry.target));
      // link(2) takes no directory; a link to nothing has no body to show
      if (target !== undefined && target.kind !== 'directory') parent.children.set(name, target);
    }
  }
}

function collect(tree: RootfsTree, count: number): RootfsPlan {
  const layers = Array.from({ length: count }, () => new Map<number, { path: string; links: string[] }>());
  const synthetic: SyntheticMember[] = [];
  const root = tree.root.origin;
  if (root !== undefined) layers[root.layer]?.set(root.ordinal, { path: '', links: [] });
  for (const { path, node } of tree.walk()) {
    if (node.origin === undefined) {
      synthetic.push({ type: node.kind === 'directory' ? 'directory' : 'file', path });
      continue;
    }
    const members = layers[node.origin.layer];
    const member = members?.get(node.origin.ordinal);
    if (member === undefined) members?.set(node.origin.ordinal, { path, links: [] });
    else member.links.push(path);
  }
  return { layers, synthetic };
}
