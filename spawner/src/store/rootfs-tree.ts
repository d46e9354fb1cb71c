/** Which tar member made a node: position of the layer (bottom is 0) and ordinal in its `LayerIndex.entries`. */
export interface Origin {
  readonly layer: number;
  readonly ordinal: number;
}

/** A node without origin is ours: a parent that no layer lists, or a mount point. */
export interface DirectoryNode {
  readonly kind: 'directory';
  readonly children: Map<string, RootfsNode>;
  origin: Origin | undefined;
}
export type RootfsNode =
  | DirectoryNode
  | { readonly kind: 'file'; readonly origin: Origin | undefined }
  | { readonly kind: 'symlink'; readonly origin: Origin; readonly target: string };

/** What `directory` may do on its way: look only, make what is missing, or also put directories over other things. */
export type Making = 'nothing' | 'missing' | 'anything';

/** Linux gives up after so many symbolic links; path_resolution(7). */
const MAX_LINKS = 40;

export const newDirectory = (origin?: Origin): DirectoryNode => ({
  kind: 'directory',
  children: new Map(),
  origin,
});

export const components = (path: string): string[] => path.split('/').filter((c) => c !== '' && c !== '.');

/**
 * The names of a root file system while layers are laid over each other. Symbolic links are followed as inside the
 * image: absolute ones start at its root and `..` never leaves it, so a node's place is always within the tree.
 */
export class RootfsTree {
  readonly root: DirectoryNode = newDirectory();

  /** The directory that `path` leads to, all links followed; undefined when there is none and none may be made. */
  directory(path: readonly string[], making: Making): DirectoryNode | undefined {
    let trail: DirectoryNode[] = [this.root];
    const ahead = path.toReversed();
    let links = 0;
    for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const here = trail.at(-1) ?? this.root;
      const child = here.children.get(name);
      if (child?.kind === 'directory') {
        trail.push(child);
      } else if (child?.kind === 'symlink') {
        if (++links > MAX_LINKS) return undefined;
        if (child.target.startsWith('/')) trail = [this.root];
        ahead.push(...components(child.target).reverse());
      } else if (making === 'anything' || (making === 'missing' && child === undefined)) {
        const made = newDirectory();
        here.children.set(name, made);
        trail.push(made);
      } else {
        return undefined;
      }
    }
    return trail.at(-1);
  }

  /** What `path` names, links followed in its parents but not at its end. */
  lookup(path: readonly string[]): RootfsNode | undefined {
    const name = path.at(-1);
    return name === undefined ? this.root : this.directory(path.slice(0, -1), 'nothing')?.children.get(name);
  }

  /** Every node but the root, parents before children; without recursion, for links can make a tree deep. */
  *walk(): Generator<{ readonly path: string; readonly node: RootfsNode }> {
    const open: { path: string; node: RootfsNode }[] = [{ path: '', node: this.root }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.path !== '') yield next;
      if (next.node.kind !== 'directory') continue;
      for (const [name, node] of next.node.children) {
        open.push({ path: next.path === '' ? name : `${next.path}/${name}`, node });
      }
    }
  }
}
