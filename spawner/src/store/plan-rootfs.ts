import type { Digest, LayerIndex } from '@berth/schema';
import { mergeNodes, type TreeDirectory, type TreeNode } from '../image/index.ts';
import { addMountPoints } from './mount-points.ts';

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
  /** layer -> ordinal in its `LayerIndex.entries` -> place. A layer that an image has twice comes once. */
  readonly layers: ReadonlyMap<Digest, ReadonlyMap<number, PlannedMember>>;
  readonly synthetic: readonly SyntheticMember[];
}

/**
 * Merges the layers, bottom first, and adds mount points. Links between names need no care about order: names of one body
 * are one member with links, whichever of them the upper layers left.
 * @throws Failure `layer-invalid`, as `mergeLayers`
 */
export function planRootfs(indexes: readonly LayerIndex[]): RootfsPlan {
  const root = mergeNodes(indexes);
  const files = addMountPoints(root);
  const layers = new Map<Digest, Map<number, { path: string; links: string[] }>>();
  const synthetic: SyntheticMember[] = [];
  for (const { path, node } of everyNode(root)) {
    if (node.ordinal === undefined) {
      if (path !== '') synthetic.push({ type: 'directory', path });
      continue;
    }
    const members = layers.get(node.layer) ?? new Map<number, { path: string; links: string[] }>();
    layers.set(node.layer, members);
    const member = members.get(node.ordinal);
    if (member === undefined) members.set(node.ordinal, { path, links: [] });
    else member.links.push(path);
  }
  return { layers, synthetic: [...synthetic, ...files.map((path) => ({ type: 'file' as const, path }))] };
}

/** Parents before children; without recursion, for links can make a tree deep. */
function* everyNode(root: TreeDirectory): Generator<{ readonly path: string; readonly node: TreeNode }> {
  const open: { path: string; node: TreeNode }[] = [{ path: '', node: root }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    yield next;
    if (next.node.type !== 'directory') continue;
    for (const [name, node] of next.node.children) {
      open.push({ path: next.path === '' ? name : `${next.path}/${name}`, node });
    }
  }
}
