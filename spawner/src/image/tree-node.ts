import type { Digest } from '@berth/schema';

/**
 * A node of the merged tree. Files and symlinks never change once they stand in the tree, so hard links share one; a
 * directory's `children` do.
 */
export type TreeNode = TreeDirectory | TreeLeaf;

export interface TreeDirectory {
  readonly type: 'directory';
  mode: number;
  layer: Digest;
  /** as a leaf's; undefined for a directory that no layer lists */
  ordinal: number | undefined;
  children: Map<string, TreeNode>;
}

export interface TreeLeaf {
  readonly type: 'file' | 'symlink';
  readonly mode: number;
  readonly layer: Digest;
  /** which of the layer's `entries` made it */
  readonly ordinal: number;
  readonly size?: number;
  readonly target?: string;
  /** base64 */
  readonly body?: string;
}

export const newDirectory = (mode: number, layer: Digest, ordinal?: number): TreeDirectory => ({
  type: 'directory',
  mode,
  layer,
  ordinal,
  children: new Map(),
});

export const partsOf = (path: string): string[] =>
  path.split('/').filter((part) => part !== '' && part !== '.');

/** What stands at exactly these names, symlinks not followed. */
export function nodeAt(root: TreeNode, parts: readonly string[]): TreeNode | undefined {
  let node: TreeNode | undefined = root;
  for (const part of parts) node = node?.type === 'directory' ? node.children.get(part) : undefined;
  return node;
}

/** As Linux: more links on one way count as a loop. Source: path_resolution(7). */
const MAX_LINKS = 40;
/** Links can lead deeper than any path may be written. */
const MAX_DEPTH = 1024;

/**
 * Where a path leads when every symlink on it is followed, the last one too, and none leaves the root: an absolute target
 * starts there and `..` stops there. With `missing` given, names that are not there are made by it.
 * @returns names from the root, or undefined: missing, looping, or through a file
 */
export function followPath(
  root: TreeDirectory,
  parts: readonly string[],
  missing?: (parent: TreeDirectory, name: string) => TreeNode,
): string[] | undefined {
  const ahead = parts.toReversed();
  const names: string[] = [];
  const nodes: TreeNode[] = [root];
  for (let links = 0; ahead.length > 0;) {
    const name = ahead.pop() as string;
    const here = nodes.at(-1) as TreeNode;
    if (here.type !== 'directory') return undefined;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (names.pop() !== undefined) nodes.pop();
      continue;
    }
    const next = here.children.get(name) ?? missing?.(here, name);
    if (next === undefined || names.length >= MAX_DEPTH) return undefined;
    if (next.type === 'symlink') {
      if ((links += 1) > MAX_LINKS) return undefined;
      const target = next.target ?? '';
      if (target.startsWith('/')) {
        names.length = 0;
        nodes.length = 1;
      }
      ahead.push(...target.split('/').reverse());
    } else {
      names.push(name);
      nodes.push(next);
    }
  }
  return names;
}
