/**
 * Does the steps of a recipe to a tree. What needs the network (apt's and pip's downloads) runs outside with this
 * machine's settings; what runs inside is cut off from the network and from this environment, so no address of a mirror,
 * no proxy and no pip option can end up in an image.
 */
import { cp, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { venvProgram } from '../jupyter/venv.ts';
import { command } from './command.ts';
import type { Step } from './recipes.ts';

const suite = 'bookworm';
const mirror = 'http://deb.debian.org/debian';
const python = '3.11'; // bookworm's
const traces = [
  'dev',
  'run',
  'tmp',
  'var/tmp',
  'var/log',
  'var/cache/apt',
  'var/cache/ldconfig',
  'var/lib/apt/lists',
];
const unwanted = ['man', 'doc', 'info', 'locale', 'lintian'];

// processes and mounts of their own, which go with the command, also when it is killed
const alone = ['/usr/bin/unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;

/** `scratch` is an empty directory outside the tree for downloads. */
export async function doStep(root: string, step: Step, scratch: string): Promise<void> {
  switch (step.kind) {
    case 'debian':
      return makeDebian(root, step);
    case 'apt':
      return installDebian(root, step.packages, scratch);
    case 'pip':
      return installPython(root, step, scratch);
    case 'wheels':
      return unpackPython(root, step, scratch);
    case 'run':
      await inside(root, step.argv);
      return;
    case 'remove':
      for (const path of step.paths) await rm(join(root, path), { recursive: true });
      return;
    default:
      return step satisfies never;
  }
}

/** Runs a command in the tree, without network. */
export async function inside(root: string, argv: readonly string[]): Promise<string> {
  await makeDevices(root);
  const env = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/tmp', // what a program leaves at home goes with /tmp
    LANG: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
  };
  return command([...alone, '--net', `--root=${root}`, '--', ...argv], { env });
}

/** Empties what belongs to the machine that builds or to one run of it, as the makers of base images do. */
export async function clearTraces(root: string): Promise<void> {
  for (const directory of traces)
    for (const name of await list(join(root, directory)))
      await rm(join(root, directory, name), { recursive: true });
}

async function makeDebian(root: string, step: Extract<Step, { kind: 'debian' }>): Promise<void> {
  const without = unwanted.map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
  const packages = step.packages.length === 0 ? [] : [`--include=${step.packages.join(',')}`];
  await mkdir(root, { recursive: true });
  // an ordinary user needs no namespace: that only unpacks packages
  const isRoot = process.getuid?.() === 0;
  await command([
    ...(isRoot ? [...alone, '--'] : []),
    'mmdebstrap',
    '--quiet',
    ...(isRoot ? [] : ['--mode=chrootless']),
    `--variant=${step.variant}`,
    '--format=directory',
    '--aptopt=Acquire::Languages "none"',
    ...without,
    ...packages,
    suite,
    root,
    mirror,
  ]);
  // mmdebstrap copies this machine's; empty ones stay as places for a container's own, as in other base images
  for (const name of ['resolv.conf', 'hostname']) {
    await rm(join(root, 'etc', name), { force: true });
    await writeFile(join(root, 'etc', name), '');
  }
}

async function installDebian(root: string, packages: readonly string[], scratch: string): Promise<void> {
  const config = join(scratch, 'apt.conf');
  const status = join(root, 'var/lib/dpkg/status');
  const text = `Dir "${root}";\nDir::State::status "${status}";\nAPT::Sandbox::User "root";\n`;
  await writeFile(config, text);
  for (const path of ['var/lib/apt/lists/partial', 'var/cache/apt/archives/partial'])
    await mkdir(join(root, path), { recursive: true });
  const env = { ...process.env, APT_CONFIG: config };
  const install = ['apt-get', 'install', '--quiet', '--yes', '--no-install-recommends'];
  await command([...alone, '--', 'apt-get', 'update', '--quiet'], { env });
  await command([...alone, '--', ...install, '--download-only', ...packages], { env });
  await inside(root, [...install, '--no-download', ...packages]);
}

async function installPython(
  root: string,
  step: Extract<Step, { kind: 'pip' }>,
  scratch: string,
): Promise<void> {
  const wheels = join(scratch, 'wheels');
  await download('python3', ['pip', ...step.packages], wheels);
  await cp(wheels, join(root, 'tmp/wheels'), { recursive: true });
  const pip = (await readdir(wheels)).find((name) => name.startsWith('pip-'));
  await inside(root, ['/usr/bin/python3', '-m', 'venv', '--without-pip', step.environment]);
  // a wheel is a zip that Python can run: pip needs no ensurepip, which Debian ships apart
  const run = [`${step.environment}/bin/python`, `/tmp/wheels/${pip}/pip`, 'install', '--quiet'];
  await inside(root, [...run, '--no-index', '--find-links', '/tmp/wheels', 'pip', ...step.packages]);
}

async function unpackPython(
  root: string,
  step: Extract<Step, { kind: 'wheels' }>,
  scratch: string,
): Promise<void> {
  const wheels = join(scratch, 'wheels');
  const pip = venvProgram('python3'); // any Python with pip: it does not run in the image
  await download(pip, step.packages, wheels);
  const environment = join(root, step.environment);
  const library = join(environment, `lib/python${python}/site-packages`);
  await mkdir(join(environment, 'bin'), { recursive: true });
  await mkdir(library, { recursive: true });
  const install = ['-m', 'pip', 'install', '--quiet', '--no-compile', '--no-index', '--find-links', wheels];
  await command([pip, ...install, ...forImage, '--target', library, ...step.packages]);
  // where --target puts what belongs beside the library; the programs would name this machine's Python
  await rm(join(library, 'bin'), { recursive: true, force: true });
  await rename(join(library, 'share'), join(environment, 'share'));
  await symlink('/usr/bin/python3', join(environment, 'bin/python'));
  await symlink('python', join(environment, 'bin/python3'));
  await writeFile(join(environment, 'pyvenv.cfg'), 'home = /usr/bin\ninclude-system-site-packages = false\n');
}

const platforms = ['manylinux2014_x86_64', 'manylinux_2_28_x86_64'].flatMap((name) => ['--platform', name]);
const forImage = [
  ...['--only-binary=:all:', '--implementation', 'cp', '--python-version', python],
  ...platforms,
] as const;

/** For the image's Python and platform, whatever this machine has. */
async function download(withPip: string, packages: readonly string[], to: string): Promise<void> {
  const pip = [withPip, '-m', 'pip', 'download', '--quiet', '--disable-pip-version-check'];
  await command([...pip, '--dest', to, ...forImage, ...packages]);
}

/** The devices that package scripts use; `clearTraces` takes them away again. */
async function makeDevices(root: string): Promise<void> {
  await mkdir(join(root, 'dev'), { recursive: true });
  await mkdir(join(root, 'proc'), { recursive: true });
  const present = await list(join(root, 'dev'));
  const minors = { null: '3', zero: '5', random: '8', urandom: '9' };
  for (const [name, minor] of Object.entries(minors))
    if (!present.includes(name))
      await command(['mknod', '-m', '666', join(root, 'dev', name), 'c', '1', minor]);
}

/** Names in a directory, none when it is not there. */
async function list(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch((): string[] => []);
}
