import type { ImageTreeNode } from '@berth/schema';
import { followPath, nodeAt, partsOf, type TreeDirectory, type TreeNode } from './tree-node.ts';

/** What a container of the image would see. Paths with or without leading slash go in, without come out; `''` is `/`. */
export interface ImageTree {
  /** What stands at exactly this path; symlinks are not followed, neither on the way nor at the end. */
  node(path: string): ImageTreeNode | undefined;
  /** Where the path leads with all symlinks followed inside the root; undefined when missing or looping. */
  resolve(path: string): string | undefined;
  /** Names in the directory at exactly this path, in no order that means anything. */
  children(path: string): readonly string[];
  /** Content of one of the few files that are kept. */
  body(path: string): Buffer | undefined;
  /** Every path, a directory before what is in it. */
  paths(): Iterable<string>;
}

export function treeOf(root: TreeDirectory): ImageTree {
  const find = (path: string): TreeNode | undefined => nodeAt(root, partsOf(path));
  return {
    node: (path) => {
      const node = find(path);
      return node && publicNode(node);
    },
    resolve: (path) => followPath(root, path.split('/'))?.join('/'),
    children: (path) => {
      const node = find(path);
      return node?.type === 'directory' ? [...node.children.keys()] : [];
    },
    body: (path) => {
      const node = find(path);
      return node?.type === 'file' && node.body !== undefined ? Buffer.from(node.body, 'base64') : undefined;
    },
    paths: () => allPaths(root),
  };
}

function publicNode(node: TreeNode): ImageTreeNode {
  const { type, mode, layer } = node;
  if (node.type === 'directory') return { type, mode, layer };
  const { size, target } = node;
  return {
    type,
    mode,
    layer,
    ...(size === undefined ? {} : { size }),
    ...(target === undefined ? {} : { target }),
  };
}

// Refused: recursion; links can make a tree deeper than the stack.
function* allPaths(root: TreeDirectory): Generator<string, void, undefined> {
  const waiting: (readonly [string, TreeDirectory])[] = [['', root]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [path, directory] = next;
    if (path !== '') yield path;
    for (const [name, node] of directory.children) {
      const below = path === '' ? name : `${path}/${name}`;
      if (node.type === 'directory') waiting.push([below, node]);
      else yield below;
    }
  }
}
