import { Failure, type Digest, type LayerEntry, type LayerIndex } from '@berth/schema';
import { treeOf, type ImageTree } from './image-tree.ts';
import { followPath, newDirectory, nodeAt, partsOf, type TreeDirectory, type TreeNode } from './tree-node.ts';

type EntryOf<T extends LayerEntry['type']> = Extract<LayerEntry, { type: T }>;

/**
 * Layers laid one over the other, bottom first. The rules (OCI image-spec, layer.md; where it is silent, as containerd
 * applies layers):
 * - a whiteout or opaque mark hides what LOWER layers put there, wherever it stands in its layer;
 * - a directory over a directory keeps the children, everything else replaces what was there with all below;
 * - a symlink on the way to an entry is followed inside the root, unless the layer itself replaces it;
 * - a hard link is the file that its target is at that moment; also one that the same layer whites out.
 * @throws Failure `layer-invalid` a file on the way to an entry, or a link to what is not there or a directory
 */
export function mergeLayers(indexes: readonly LayerIndex[]): ImageTree {
  return treeOf(mergeNodes(indexes));
}

/** The same as nodes, which tell what entry of what layer they come from. */
export function mergeNodes(indexes: readonly LayerIndex[]): TreeDirectory {
  const root = newDirectory(0o755, indexes[0]?.digest ?? ('' as Digest));
  for (const index of indexes) new LayerMerge(root, index).apply();
  return root;
}

/** One layer onto the tree of those below. */
class LayerMerge {
  readonly #root: TreeDirectory;
  readonly #index: LayerIndex;
  /** what this layer's whiteouts took away: its hard links may still mean it */
  readonly #hidden = new Map<string, TreeNode>();
  /** entries come directory by directory: the last parent is nearly always the next one's */
  #lastParent: { readonly path: string; readonly node: TreeDirectory } | undefined;
  #replaced: ReadonlySet<string> | undefined;

  constructor(root: TreeDirectory, index: LayerIndex) {
    this.#root = root;
    this.#index = index;
  }

  apply(): void {
    const { entries } = this.#index;
    for (const entry of entries) {
      if (entry.type === 'whiteout') this.#hide(entry.path);
      else if (entry.type === 'opaque') this.#hideChildren(entry.path);
    }
    entries.forEach((entry, ordinal) => {
      if (entry.type !== 'whiteout' && entry.type !== 'opaque') this.#put(entry, ordinal);
    });
  }

  #hide(path: string): void {
    const { parent, name } = this.#lower(path);
    const node = parent?.children.get(name);
    if (parent === undefined || node === undefined) return;
    parent.children.delete(name);
    this.#hidden.set(path, node);
  }

  #hideChildren(path: string): void {
    const { parent, name } = this.#lower(path);
    const node = path === '' ? this.#root : parent?.children.get(name);
    if (node?.type !== 'directory') return;
    this.#hidden.set(path, { ...node });
    node.children = new Map();
  }

  /** Where lower layers have `path`. Symlinks on the way are followed but for those that this layer replaces. */
  #lower(path: string): { readonly parent: TreeDirectory | undefined; readonly name: string } {
    const parts = partsOf(path);
    const name = parts.pop() ?? '';
    let parent = nodeAt(this.#root, parts);
    if (parent?.type !== 'directory' && !this.#replacesOneOf(parts)) {
      const names = followPath(this.#root, parts);
      parent = names && nodeAt(this.#root, names);
    }
    return { parent: parent?.type === 'directory' ? parent : undefined, name };
  }

  #replacesOneOf(parts: readonly string[]): boolean {
    this.#replaced ??= new Set(this.#index.entries.filter(isPlaced).map(({ path }) => path));
    const replaced = this.#replaced;
    return parts.some((_, at) => replaced.has(parts.slice(0, at + 1).join('/')));
  }

  #put(entry: EntryOf<'file' | 'directory' | 'symlink' | 'hardlink'>, ordinal: number): void {
    const slash = entry.path.lastIndexOf('/');
    const name = entry.path.slice(slash + 1);
    if (name === '') {
      if (entry.type === 'directory')
        Object.assign(this.#root, { mode: entry.mode, layer: this.#index.digest, ordinal });
      return;
    }
    const parent = this.#parent(slash < 0 ? '' : entry.path.slice(0, slash));
    const before = parent.children.get(name);
    if (entry.type === 'directory' && before?.type === 'directory') {
      before.mode = entry.mode;
      before.layer = this.#index.digest;
      before.ordinal = ordinal;
      return;
    }
    const node = this.#node(entry, ordinal);
    if (node === before) return;
    // what is replaced may have been on the way to the remembered parent
    if (before !== undefined) this.#lastParent = undefined;
    parent.children.set(name, node);
  }

  #node(entry: EntryOf<'file' | 'directory' | 'symlink' | 'hardlink'>, ordinal: number): TreeNode {
    const layer = this.#index.digest;
    switch (entry.type) {
      case 'directory':
        return newDirectory(entry.mode, layer, ordinal);
      case 'symlink':
        return { type: 'symlink', mode: 0o777, target: entry.target, layer, ordinal };
      case 'hardlink':
        return this.#linked(entry);
      case 'file': {
        const body = Object.hasOwn(this.#index.bodies, entry.path)
          ? this.#index.bodies[entry.path]
          : undefined;
        return {
          type: 'file',
          mode: entry.mode,
          size: entry.size,
          layer,
          ordinal,
          ...(body === undefined ? {} : { body }),
        };
      }
    }
  }

  #linked({ path, target }: EntryOf<'hardlink'>): TreeNode {
    const parts = partsOf(target);
    const name = parts.pop() ?? '';
    const names = followPath(this.#root, parts);
    const node = (names && nodeAt(this.#root, [...names, name])) ?? this.#hiddenAt(target);
    if (node === undefined) throw this.#refused(`the hard link "${path}" leads to nothing`);
    if (node.type === 'directory') throw this.#refused(`the hard link "${path}" leads to a directory`);
    return node;
  }

  #hiddenAt(path: string): TreeNode | undefined {
    const parts = partsOf(path);
    for (let at = parts.length; at >= 0; at -= 1) {
      const hidden = this.#hidden.get(parts.slice(0, at).join('/'));
      const node = hidden && nodeAt(hidden, parts.slice(at));
      if (node !== undefined) return node;
    }
    return undefined;
  }

  /** The directory of an entry, with what is missing of it. */
  #parent(path: string): TreeDirectory {
    if (this.#lastParent?.path === path) return this.#lastParent.node;
    const node = this.#madeParent(path);
    this.#lastParent = { path, node };
    return node;
  }

  #madeParent(path: string): TreeDirectory {
    const names = followPath(this.#root, partsOf(path), (parent, name) => {
      const made = newDirectory(0o755, this.#index.digest);
      parent.children.set(name, made);
      return made;
    });
    const node = names && nodeAt(this.#root, names);
    if (node?.type !== 'directory') throw this.#refused(`"${path}" is no directory, but has children`);
    return node;
  }

  #refused(why: string): Failure {
    return new Failure('layer-invalid', { digest: this.#index.digest, why });
  }
}

const isPlaced = ({ type }: LayerEntry): boolean => type !== 'whiteout' && type !== 'opaque';
