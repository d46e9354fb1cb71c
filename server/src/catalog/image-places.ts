import type { ImageConfig } from '@berth/schema';
import type { ImageTree } from '@berth/spawner/image';

/** A directory in which Jupyter would look for `kernels/NAME/kernel.json`, and whose it is. Absolute in the image. */
export interface DataDirectory {
  readonly path: string;
  /** installation prefix that it belongs to; a user's directory belongs to none */
  readonly prefix?: string;
}

/** What a process has when the image says nothing. Source: the default of docker and podman. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const searchPath = ({ env }: ImageConfig): readonly string[] =>
  (env['PATH'] || DEFAULT_PATH).split(':').filter((directory) => directory.startsWith('/'));

/** Where the path leads, absolute; undefined when it leads nowhere. */
export function real(tree: ImageTree, path: string): string | undefined {
  const resolved = tree.resolve(path);
  return resolved === undefined ? undefined : `/${resolved}`;
}

/** Prefixes of one image that are looked at; an image that anyone made on purpose has a handful. */
export const MAX_PREFIXES = 500;

/**
 * Installation prefixes: the system's two, and every directory that holds a Python, a `pyvenv.cfg` or `conda-meta`. Those
 * that a symlink leads to are there once, under their own name. Of too many those nearest to the root.
 */
export function prefixesOf(tree: ImageTree): readonly string[] {
  const prefixes = new Set(['/usr', '/usr/local']);
  for (const path of tree.paths()) {
    const match = /^(.*?)\/?(?:bin\/python[0-9.]*|pyvenv\.cfg|conda-meta)$/.exec(path);
    if (match?.[1] !== undefined && match[1] !== '') prefixes.add(`/${match[1]}`);
  }
  const standing = [...prefixes].filter((prefix) => tree.node(prefix)?.type === 'directory');
  const depth = (prefix: string): number => prefix.split('/').length;
  return standing
    .sort((a, b) => depth(a) - depth(b))
    .slice(0, MAX_PREFIXES)
    .sort();
}

/** In the order of Jupyter's own search: environment, users, prefixes. Source: jupyter_core.paths.jupyter_path. */
export function dataDirectories(
  tree: ImageTree,
  { env }: ImageConfig,
  prefixes: readonly string[],
): readonly DataDirectory[] {
  const named = [...(env['JUPYTER_PATH'] ?? '').split(':'), env['JUPYTER_DATA_DIR'] ?? ''];
  const homes = [env['HOME'] ?? '', '/root', ...tree.children('home').map((name) => `/home/${name}`)];
  const users = homes.filter((home) => home.startsWith('/')).map((home) => `${home}/.local/share/jupyter`);
  const all: DataDirectory[] = [
    ...[...named, ...users].filter((path) => path.startsWith('/')).map((path) => owned(path, prefixes)),
    ...prefixes.map((prefix) => ({ path: `${prefix}/share/jupyter`, prefix })),
  ];
  const seen = new Set<string>();
  return all.filter(({ path }) => {
    const target = real(tree, path);
    if (target === undefined || seen.has(target)) return false;
    seen.add(target);
    return true;
  });
}

/** A directory that is named in the environment may be that of a prefix all the same. */
function owned(path: string, prefixes: readonly string[]): DataDirectory {
  const clean = path.replace(/\/+$/, '');
  const prefix = prefixes.find((one) => clean === `${one}/share/jupyter`);
  return { path: clean, ...(prefix === undefined ? {} : { prefix }) };
}
