import type { ImageTree } from '@berth/spawner/image';
import type { Interpreter } from './found-kernels.ts';
import { real } from './image-places.ts';

/** A Python with the file that shows its ipykernel. */
export interface Python extends Interpreter {
  /** METADATA, egg-info or the launcher itself; absolute in the image */
  readonly proof?: string;
}

/** `python3.11` -> `3.11` */
const versionIn = (name: string): string | undefined => /python(3\.[0-9]{1,2})$/.exec(name)?.[1];

/** Every Python of the given prefixes, one a prefix: the one that its `python3` or `python` is. */
export function pythonsOf(tree: ImageTree, prefixes: readonly string[]): readonly Python[] {
  return prefixes.flatMap((prefix) => {
    const path = pythonIn(tree, prefix);
    return path === undefined ? [] : [describe(tree, prefix, path)];
  });
}

/** The interpreter's path in `PREFIX/bin`, not resolved: a virtual environment is known by it. */
export function pythonIn(tree: ImageTree, prefix: string): string | undefined {
  const numbered = tree
    .children(`${prefix}/bin`)
    .filter((name) => /^python3\.[0-9]{1,2}$/.test(name))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  const names = ['python3', 'python', ...numbered].map((name) => `${prefix}/bin/${name}`);
  return names.find((path) => isProgram(tree, path));
}

/** A file, maybe behind symlinks, that somebody may execute. */
export function isProgram(tree: ImageTree, path: string): boolean {
  const target = real(tree, path);
  const node = target === undefined ? undefined : tree.node(target);
  return node?.type === 'file' && (node.mode & 0o111) !== 0;
}

function describe(tree: ImageTree, prefix: string, path: string): Python {
  const venv = tree.body(`${prefix}/pyvenv.cfg`)?.toString('utf8');
  const version = versionOf(tree, prefix, path, venv);
  const found = siteDirectories(tree, prefix, version, venv).flatMap((site) => ipykernelIn(tree, site))[0];
  return { path, prefix, ...(version === undefined ? {} : { version }), ...found };
}

function versionOf(
  tree: ImageTree,
  prefix: string,
  path: string,
  venv: string | undefined,
): string | undefined {
  const told = /^version(?:_info)?\s*=\s*(3\.[0-9]{1,2})/m.exec(venv ?? '')?.[1];
  const linked = versionIn(real(tree, path) ?? '');
  // conda and others have a plain file `python3`: then the library tells
  const libraries = tree.children(`${prefix}/lib`).flatMap((name) => versionIn(name) ?? []);
  return told ?? linked ?? (libraries.length === 1 ? libraries[0] : undefined);
}

/**
 * Where this Python imports from. Debian's reads /usr/lib/python3 and /usr/local too; a virtual environment may see the
 * packages of its base. Source: Python's `site`; Debian Python Policy, 3.1.
 */
function siteDirectories(
  tree: ImageTree,
  prefix: string,
  version: string | undefined,
  venv: string | undefined,
): readonly string[] {
  const names = version === undefined ? [] : [`lib/python${version}`, `lib64/python${version}`];
  const own = names.flatMap((name) => [`${prefix}/${name}/site-packages`, `${prefix}/${name}/dist-packages`]);
  if (prefix === '/usr') {
    own.push('/usr/lib/python3/dist-packages', `/usr/local/lib/python${version ?? '3'}/dist-packages`);
  }
  const base = /^home\s*=\s*(\/\S*?)\/bin\/?\s*$/m.exec(venv ?? '')?.[1];
  if (base === undefined || base === prefix || !/^include-system-site-packages\s*=\s*true/m.test(venv ?? ''))
    return own;
  return [...own, ...siteDirectories(tree, base, version, undefined)];
}

export const hasIpykernel = (tree: ImageTree, directory: string): boolean =>
  ipykernelIn(tree, directory).length > 0;

function ipykernelIn(
  tree: ImageTree,
  site: string,
): readonly { readonly ipykernel: string; readonly proof: string }[] {
  const directory = real(tree, site);
  const launcher = `${directory ?? ''}/ipykernel_launcher.py`;
  // the metadata alone may be what a careless deletion left
  if (directory === undefined || real(tree, launcher) === undefined) return [];
  for (const name of tree.children(directory)) {
    const match = /^ipykernel-([0-9][0-9A-Za-z.+]*?)(?:-py3(?:\.[0-9]+)?)?\.(dist|egg)-info$/.exec(name);
    if (!match?.[1]) continue;
    const file = [`${directory}/${name}/METADATA`, `${directory}/${name}/PKG-INFO`].find((path) =>
      tree.node(path),
    );
    return [{ ipykernel: match[1], proof: file ?? `${directory}/${name}` }];
  }
  return [{ ipykernel: 'unknown', proof: launcher }];
}
