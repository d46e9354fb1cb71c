import type { ImageConfig, Kernel } from '@berth/schema';
import type { ImageTree } from '@berth/spawner/image';
import type { Broken, FoundKernels } from './found-kernels.ts';
import { dataDirectories, prefixesOf, real, searchPath, type DataDirectory } from './image-places.ts';
import { hasIpykernel, pythonsOf, type Python } from './interpreters.ts';
import { kernelCommand } from './spec-command.ts';
import { kernelId } from './kernel-id.ts';
import { moduleOf, runsIpykernel } from './python-command.ts';
import { readSpec } from './spec-document.ts';
import { posix } from 'node:path';

/** Raised whenever the same image would give other kernels: older results are then not read from the cache. */
export const FINDER = 4;

/** As jupyter_client's `_kernel_name_pat`, which ignores case. */
const KERNEL_NAME = /^[a-z0-9._-]{1,100}$/i;
/** Base64 of one logo, and how many. Logos are data only: an SVG is never put into a page by us. */
const LOGO_BYTES = 256 * 1024;
const MAX_LOGOS = 8;
/** Kernels and broken ones of one image; more is no image that anyone made on purpose. */
const MAX_KERNELS = 200;
/** ipykernel speaks CurveZMQ since this version. Source: ipykernel's changelog, 7.3.0 */
const CURVE_SINCE = [7, 3] as const;

interface Search {
  readonly tree: ImageTree;
  readonly config: ImageConfig;
  readonly pythons: readonly Python[];
}

type Looked =
  | {
      readonly kernel: Kernel;
      /** the one that its command runs, where that is a Python of a prefix */
      readonly python: Python | undefined;
      readonly notices: readonly string[];
    }
  | { readonly broken: Broken };

/**
 * Every kernel of an image: kernelspecs where Jupyter would look, then Pythons with ipykernel that no Python kernelspec runs;
 * pure. A kernelspec of another language does not count, also when it stands in that prefix and runs that Python
 * (`python -m bash_kernel`).
 */
export function findKernels(tree: ImageTree, config: ImageConfig): FoundKernels {
  const prefixes = prefixesOf(tree);
  const pythons = pythonsOf(tree, prefixes);
  const search = { tree, config, pythons };
  const looked = specPlaces(tree, dataDirectories(tree, config, prefixes))
    .slice(0, MAX_KERNELS)
    .map((place) => lookAt(search, place));
  const specs = looked.flatMap((one) => ('kernel' in one ? [one.kernel] : []));
  const run = new Set(
    looked.flatMap((one) =>
      'kernel' in one && one.kernel.language.toLowerCase() === 'python' ? [one.python] : [],
    ),
  );
  const unnamed = pythons
    .filter((python) => python.ipykernel !== undefined && !run.has(python))
    .slice(0, MAX_KERNELS);
  return {
    kernels: [...specs, ...unnamed.map((python) => fromPython(tree, python))],
    seen: pythons.map(({ proof: _, ...interpreter }) => interpreter),
    broken: looked.flatMap((one) => ('broken' in one ? [one.broken] : [])),
    notices: looked.flatMap((one) => ('kernel' in one ? one.notices : [])),
  };
}

interface SpecPlace {
  readonly name: string;
  /** directory of kernel.json as Jupyter would name it, absolute */
  readonly directory: string;
  /** kernel.json itself, symlinks resolved */
  readonly file: string;
  readonly from: DataDirectory;
}

/** All kernel.json, each once also when two ways lead to it. */
function specPlaces(tree: ImageTree, places: readonly DataDirectory[]): readonly SpecPlace[] {
  const seen = new Set<string>();
  return places.flatMap((from) => {
    const kernels = real(tree, `${from.path}/kernels`);
    const names = kernels === undefined ? [] : [...tree.children(kernels)].sort();
    return names.flatMap((name) => {
      const directory = `${from.path}/kernels/${name}`;
      const file = real(tree, `${directory}/kernel.json`);
      if (file === undefined || tree.node(file)?.type !== 'file' || seen.has(file)) return [];
      seen.add(file);
      return [{ name, directory, file, from }];
    });
  });
}

function lookAt({ tree, config, pythons }: Search, { name, directory, file, from }: SpecPlace): Looked {
  const broken = (why: string): Looked => ({ broken: { path: file, why } });
  if (!KERNEL_NAME.test(name)) return broken('its directory has a name that Jupyter does not admit');
  const spec = readSpec(tree.body(file), name);
  if (typeof spec === 'string') return broken(spec);
  const place = { tree, resourceDirectory: directory, prefix: from.prefix, searchPath: searchPath(config) };
  const command = kernelCommand(spec.argv, place);
  if (!command.ok) return broken(command.why);
  const [program] = command.argv;
  const python = pythonRun(tree, pythons, program);
  const paths = spec.env['PYTHONPATH'] ?? config.env['PYTHONPATH'];
  if (python && runsIpykernel(command.argv) && lacksIpykernel(tree, python, paths)) {
    const which = `Python ${python.version ?? python.path} in ${python.prefix}`;
    return broken(`it runs ${moduleOf(command.argv) ?? ''}, but ${which} has no ipykernel`);
  }
  const kernel: Kernel = {
    id: kernelId(name, from.prefix ?? from.path),
    origin: 'kernelspec',
    language: spec.language,
    displayName: spec.displayName,
    argv: command.argv,
    env: spec.env,
    interruptMode: spec.interruptMode,
    prefix: python?.prefix ?? from.prefix ?? prefixOf(program),
    interpreter: { path: program, ...(python?.version === undefined ? {} : { version: python.version }) },
    metadata: spec.metadata,
    logos: logosIn(tree, directory),
    evidence: [
      evidence(tree, file, 'kernelspec'),
      evidence(tree, real(tree, program) ?? program, `program of the kernel (${program})`),
      ...(python?.proof === undefined
        ? []
        : [evidence(tree, python.proof, `ipykernel ${python.ipykernel ?? ''}`)]),
    ],
  };
  return { kernel, python, notices: spec.notices.map((notice) => `${file}: ${notice}`) };
}

/** Which Python a program is. By its prefix, since that of an environment is a symlink to its base's. */
function pythonRun(tree: ImageTree, pythons: readonly Python[], program: string): Python | undefined {
  const target = real(tree, program);
  // on a merged system /bin/python3 is /usr/bin/python3
  const directory = real(tree, posix.dirname(program)) ?? posix.dirname(program);
  const prefix = prefixOf(`${directory}/${posix.basename(program)}`);
  return pythons.find((one) => one.prefix === prefix && real(tree, one.path) === target);
}

/** Only where all places are known from which that Python imports. */
const lacksIpykernel = (tree: ImageTree, { version, ipykernel }: Python, pythonPath = ''): boolean =>
  version !== undefined &&
  ipykernel === undefined &&
  !pythonPath.split(':').some((directory) => directory !== '' && hasIpykernel(tree, directory));

/** `/opt/env/bin/python3` -> `/opt/env` */
const prefixOf = (program: string): string => program.replace(/\/s?bin\/[^/]*$/, '') || '/';

function fromPython(
  tree: ImageTree,
  { path, prefix, version, ipykernel = '', proof = path }: Python,
): Kernel {
  return {
    id: kernelId('ipykernel', prefix),
    origin: 'python-prefix',
    language: 'python',
    displayName: `Python ${version ?? '3'}`,
    argv: [path, '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
    env: {},
    interruptMode: 'signal',
    prefix,
    interpreter: { path, ...(version === undefined ? {} : { version }) },
    metadata: { debugger: true, ...(speaksCurve(ipykernel) ? { supported_encryption: ['curve'] } : {}) },
    logos: {},
    evidence: [
      evidence(tree, proof, `ipykernel ${ipykernel}`),
      evidence(tree, real(tree, path) ?? path, `interpreter (${path})`),
    ],
  };
}

function speaksCurve(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > CURVE_SINCE[0] || (major === CURVE_SINCE[0] && minor >= CURVE_SINCE[1]);
}

function evidence(tree: ImageTree, path: string, says: string): Kernel['evidence'][number] {
  const layer = tree.node(path)?.layer;
  if (layer === undefined) throw new Error(`no node at ${path}`);
  return { path, layer, says };
}

function logosIn(tree: ImageTree, directory: string): Readonly<Record<string, string>> {
  const names = tree.children(real(tree, directory) ?? directory);
  const logos = names.filter((name) => /^logo-[A-Za-z0-9_-]{1,40}\.(?:png|svg)$/.test(name)).sort();
  const bodies = logos.slice(0, MAX_LOGOS).flatMap((name) => {
    const file = real(tree, `${directory}/${name}`);
    const body = file === undefined ? undefined : tree.body(file);
    return body === undefined || body.length > LOGO_BYTES ? [] : [[name, body.toString('base64')] as const];
  });
  return Object.fromEntries(bodies);
}
