import { posix } from 'node:path';
import { importsOf, type SourceFile } from './source-file.ts';

/**
 * Who may import whom: areas of the sources to the areas that they may name besides themselves. An area is a workspace,
 * or a folder of it. `*` stands for the rest of a path.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  schema: [],
  extension: ['schema'],
  'spawner/image': ['schema'],
  'spawner/slurm': ['schema'],
  'spawner/gateway': ['schema'],
  'spawner/store': ['schema', 'spawner/image'],
  'spawner/launch': ['schema', 'spawner/slurm', 'spawner/store', 'spawner/gateway'],
  'server/catalog': ['schema', 'spawner/*'],
  'server/kernelspecs': ['schema', 'spawner/*', 'server/catalog'],
  'server/batch': ['schema', 'spawner/*', 'server/routes'],
  'server/sessions': ['schema', 'spawner/*'],
  // routes never talk to S3 or Slurm directly: what they need is behind their own interfaces, which others fulfil
  'server/routes': ['schema'],
  'server/gallery': ['schema', 'spawner/*', 'server/catalog', 'server/kernelspecs', 'server/routes'],
  'server/launches': ['schema', 'spawner/*', 'server/kernelspecs', 'server/routes'],
  'server/cli': ['schema', 'spawner/*', 'server/*'],
};

/** Packages that an area may name; Node's own modules as `node:*`. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  schema: ['zod'],
  // what JupyterLab shares; of zod only its types and the smallest build
  extension: ['@jupyterlab/*', '@lumino/*', 'react', 'zod'],
  'server/catalog': ['node:*', 'zod', 'yaml'],
};
const DEFAULT_USE = ['node:*', '*'];

const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

/** `spawner/src/image/tar.ts` is of the area `spawner/image`; `schema/src/digest.ts` of `schema`. */
export function areaOf(path: string): string {
  const [workspace = '', , folder = ''] = path.split('/');
  return ['schema', 'extension'].includes(workspace) ? workspace : `${workspace}/${folder}`;
}

/** The file that a specifier means, relative to the root, or undefined if it is a package's. */
export function fileOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  const own = /^@berth\/(schema|spawner|server)(?:\/(.+))?$/.exec(specifier);
  if (!own) return undefined;
  const [, workspace = '', area] = own;
  return posix.join(workspace, 'src', area ?? '', 'index.ts');
}

/** `@scope/name/deep` is of the package `@scope/name`. */
export const packageOf = (specifier: string): string =>
  specifier.startsWith('node:')
    ? specifier
    : specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');

/** Every import that goes a way it must not go, as one sentence each. */
export function importViolations(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => importsOf(file).flatMap((specifier) => violation(file.path, specifier)));
}

function violation(path: string, specifier: string): readonly string[] {
  const area = areaOf(path);
  const allowed = MAY_IMPORT[area];
  if (!allowed) return [`${path}: no area of the design is called ${area}`];
  const target = fileOf(path, specifier);
  if (target === undefined) {
    const uses = MAY_USE[area] ?? DEFAULT_USE;
    const name = packageOf(specifier);
    return uses.some((pattern) => matches(pattern, name)) ? [] : [`${path}: ${area} must not use ${name}`];
  }
  if (specifier.startsWith('.') && target.split('/')[0] !== path.split('/')[0]) {
    return [`${path}: another workspace is imported by its name, not as ${specifier}`];
  }
  const other = areaOf(target);
  const fine = other === area || allowed.some((pattern) => matches(pattern, other));
  return fine ? [] : [`${path}: ${area} must not import ${other} (${specifier})`];
}

/** The files of each import cycle, in the order of their imports. */
export function importCycles(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const known = new Map(files.map((file) => [file.path, file]));
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[][] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const file = known.get(path);
    if (!file || state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      cycles.push([...way.slice(way.indexOf(path)), path]);
      return;
    }
    state.set(path, 'open');
    for (const specifier of importsOf(file)) {
      const target = fileOf(path, specifier);
      if (target !== undefined) visit(target, [...way, path]);
    }
    state.set(path, 'done');
  };
  for (const { path } of files) visit(path, []);
  return cycles;
}
