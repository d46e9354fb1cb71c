import type { ImageTree } from '@berth/spawner/image';
import { posix } from 'node:path';
import { isProgram, pythonIn } from './interpreters.ts';

export interface CommandPlace {
  readonly tree: ImageTree;
  /** directory of kernel.json, absolute in the image */
  readonly resourceDirectory: string;
  /** prefix of the kernelspec, if it has one */
  readonly prefix: string | undefined;
  /** PATH of the image */
  readonly searchPath: readonly string[];
}

export type Command =
  | { readonly ok: true; readonly argv: readonly [string, ...string[]] }
  | { readonly ok: false; readonly why: string };

/**
 * The command of a kernelspec with its program as an absolute path that is in the image; pure. `python` means the Python of
 * the kernelspec's own prefix, as it does for jupyter_client, which puts its own interpreter there; any other bare name is
 * looked for in that prefix (as when it is activated), then on the image's PATH. Symlinks are not resolved: a virtual
 * environment is known by the path by which its Python is called.
 */
export function kernelCommand(argv: readonly string[], place: CommandPlace): Command {
  const [program = '', ...rest] = argv.map((one) =>
    one.replaceAll('{resource_dir}', place.resourceDirectory).replaceAll('{prefix}', place.prefix ?? '/usr'),
  );
  const path = candidates(program, place).find((one) => isProgram(place.tree, one));
  if (path !== undefined) return { ok: true, argv: [path, ...rest] };
  const why = program.startsWith('/')
    ? 'which is not in the image'
    : `which is neither in its prefix nor on the image's PATH`;
  return { ok: false, why: `its command is "${program}", ${why}` };
}

function candidates(
  program: string,
  { tree, prefix, resourceDirectory, searchPath }: CommandPlace,
): readonly string[] {
  if (program.startsWith('/')) return [program];
  if (program === '') return [];
  if (program.includes('/')) {
    const bases = [...(prefix === undefined ? [] : [prefix]), resourceDirectory];
    return bases.map((base) => posix.join(base, program));
  }
  const own = prefix === undefined ? [] : [`${prefix}/bin/${program}`];
  const isPython = /^python(?:3(?:\.[0-9]{1,2})?)?$/.test(program);
  const python = isPython && prefix !== undefined ? pythonIn(tree, prefix) : undefined;
  return [
    ...own,
    ...(python === undefined ? [] : [python]),
    ...searchPath.map((directory) => posix.join(directory, program)),
  ];
}
