/**
 * What the test images are made of: data only. A layer's cache key is the hash of its recipe and of the layers below, so
 * that a change here rebuilds just what changed. Everything comes from Debian's and PyPI's packages; no image hub.
 */
import { needsRoot, type ImageRecipe, type LayerRecipe } from './recipe.ts';
import { opaque, whiteout } from './ustar.ts';

export * from './recipe.ts';

const system = { language: 'python', interpreter: '/usr/bin/python3' } as const;
const environment = { language: 'python', interpreter: '/opt/env/bin/python' } as const;
const bashPython = { language: 'python', interpreter: '/opt/bash/bin/python' } as const;
const bash = { language: 'bash', interpreter: '/opt/bash/bin/python' } as const;
const r = { language: 'R', interpreter: '/usr/bin/R' } as const;
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const kernels = 'opt/bash/share/jupyter/kernels';
const shellSpec = {
  argv: ['/opt/bash/bin/python', '-m', 'bash_kernel', '-f', '{connection_file}'],
  display_name: 'Shell',
  language: 'bash',
};

export const layerRecipes: Readonly<Record<string, LayerRecipe>> = {
  base: { steps: [{ kind: 'debian', variant: 'minbase', packages: [] }] },
  python: { below: 'base', steps: [{ kind: 'apt', packages: ['python3'] }] },
  ipykernel: {
    below: 'python',
    steps: [{ kind: 'apt', packages: ['python3-ipykernel'] }],
    check: [['/usr/bin/python3', '-m', 'ipykernel_launcher', '--version']],
  },
  environment: {
    below: 'python',
    steps: [{ kind: 'pip', environment: '/opt/env', packages: ['ipykernel'] }],
    check: [['/opt/env/bin/python', '-m', 'ipykernel_launcher', '--version']],
  },
  bare: {
    below: 'python',
    steps: [
      { kind: 'pip', environment: '/opt/env', packages: ['ipykernel'] },
      { kind: 'remove', paths: ['opt/env/share/jupyter'] },
    ],
    check: [['/opt/env/bin/python', '-m', 'ipykernel_launcher', '--version']],
  },
  science: {
    below: 'environment',
    steps: [
      {
        kind: 'pip',
        environment: '/opt/env',
        packages: ['numpy', 'scipy', 'pandas', 'matplotlib', 'scikit-learn'],
      },
    ],
    check: [['/opt/env/bin/python', '-c', 'import ipykernel, numpy, scipy, pandas, sklearn, matplotlib']],
  },
  bash: {
    below: 'python',
    steps: [
      { kind: 'pip', environment: '/opt/bash', packages: ['bash_kernel'] },
      { kind: 'run', argv: ['/opt/bash/bin/python', '-m', 'bash_kernel.install', '--prefix', '/opt/bash'] },
    ],
    check: [['/opt/bash/bin/python', '-m', 'bash_kernel', '--version']],
  },
  r: {
    below: 'base',
    steps: [{ kind: 'apt', packages: ['r-base-core', 'r-cran-irkernel'] }],
    check: [['/usr/bin/R', '--slave', '-e', 'library(IRkernel)']],
  },
  busybox: {
    steps: [{ kind: 'debian', variant: 'extract', packages: ['busybox-static'] }],
    check: [['/bin/busybox', 'true']],
  },
  // what a container needs besides the one program
  'busybox-links': {
    entries: [
      { path: 'bin/sh', type: 'symlink', target: 'busybox' },
      ...['proc', 'sys', 'root'].map((path) => ({ path, type: 'directory' as const })),
    ],
  },
  'delete-bash-spec': { entries: [whiteout(`${kernels}/bash`)] },
  'hide-bash-specs': {
    entries: [
      opaque(kernels),
      { path: `${kernels}/shell`, type: 'directory' },
      { path: `${kernels}/shell/kernel.json`, content: JSON.stringify(shellSpec) },
    ],
  },
  'delete-environment': { entries: [whiteout('opt/env')] },
  // a Python beside busybox, and nothing else: no bash, no coreutils
  'busybox-python': {
    steps: [{ kind: 'debian', variant: 'extract', packages: ['busybox-static', 'libstdc++6', 'python3'] }],
  },
  'busybox-environment': {
    below: 'busybox-python',
    steps: [{ kind: 'wheels', environment: '/opt/env', packages: ['ipykernel'] }],
  },
  'busybox-commands': {
    entries: ['cat', 'echo', 'env', 'false', 'head', 'hostname', 'id', 'ls', 'sleep', 'true', 'wc'].map(
      (name) => ({ path: `bin/${name}`, type: 'symlink' as const, target: 'busybox' }),
    ),
  },
  // two that know Slurm's commands, and nothing of what is behind them here
  clients: {
    below: 'environment',
    steps: [{ kind: 'pip', environment: '/opt/env', packages: ['submitit', 'dask-jobqueue'] }],
    check: [['/opt/env/bin/python', '-c', 'import submitit, dask_jobqueue']],
  },
  // without root: Debian packages only unpacked, as distroless images are made
  plain: {
    steps: [
      {
        kind: 'debian',
        variant: 'extract',
        packages: ['bash', 'coreutils', 'libstdc++6', 'procps', 'python3'],
      },
    ],
  },
  'plain-environment': {
    below: 'plain',
    steps: [{ kind: 'wheels', environment: '/opt/env', packages: ['ipykernel'] }],
  },
  'plain-bash': {
    below: 'plain',
    steps: [{ kind: 'wheels', environment: '/opt/bash', packages: ['bash_kernel'] }],
  },
  'plain-bash-spec': {
    entries: [
      { path: `${kernels}/bash`, type: 'directory' },
      {
        path: `${kernels}/bash/kernel.json`,
        content: JSON.stringify({ ...shellSpec, display_name: 'Bash', env: { PS1: '$' } }),
      },
    ],
  },
  // what the packages' own scripts would have made
  'plain-places': {
    entries: [
      ...['dev', 'home', 'proc', 'root', 'run', 'sys', 'tmp'].map((path) => ({
        path,
        type: 'directory' as const,
      })),
      { path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\n' },
      { path: 'etc/group', content: 'root:x:0:\n' },
    ],
  },
  note: { entries: [{ path: 'etc/motd', content: 'one gzip, one zstd and one plain layer\n' }] },
};

const gzip = (...layers: string[]) => layers.map((layer) => ({ layer }));
const environmentEnv = { PATH: `/opt/env/bin:${systemPath}`, VIRTUAL_ENV: '/opt/env', LANG: 'C.UTF-8' };
const bashEnv = { PATH: `/opt/bash/bin:${systemPath}`, LANG: 'C.UTF-8' };

export const imageRecipes: Readonly<Record<string, ImageRecipe>> = {
  'debian-python': {
    title: 'Debian Python',
    version: '12',
    layers: gzip('base', 'python', 'ipykernel'),
    expectedKernels: [system],
  },
  'venv-python': {
    title: 'Python in a virtual environment',
    version: '2026.1',
    layers: gzip('base', 'python', 'environment'),
    env: environmentEnv,
    workingDir: '/opt/env',
    expectedKernels: [environment],
  },
  'science-python': {
    title: 'Scientific Python',
    version: '2026.2',
    layers: gzip('base', 'python', 'environment', 'science'),
    env: { ...environmentEnv, OMP_NUM_THREADS: '1' },
    tags: ['2026.2', 'latest'],
    expectedKernels: [environment],
  },
  'bare-python': {
    title: 'ipykernel without a kernelspec',
    version: '1',
    layers: gzip('base', 'python', 'bare'),
    env: environmentEnv,
    expectedKernels: [environment],
  },
  'bash-kernel': {
    title: 'Bash',
    version: '0.10',
    layers: gzip('base', 'python', 'bash'),
    env: bashEnv,
    docker: true,
    expectedKernels: [bash, bashPython],
  },
  'r-kernel': {
    title: 'R',
    version: '4.2',
    layers: gzip('base', 'r'),
    env: { PATH: systemPath, LANG: 'C.UTF-8', R_HOME: '/usr/lib/R' },
    expectedKernels: [r],
  },
  'no-kernel': {
    title: 'Busybox',
    version: '1.35',
    layers: gzip('busybox', 'busybox-links'),
    expectedKernels: [],
  },
  'deleted-kernel': {
    title: 'Bash, its kernelspec deleted',
    version: '1',
    layers: gzip('base', 'python', 'bash', 'delete-bash-spec'),
    env: bashEnv,
    expectedKernels: [bashPython],
  },
  'opaque-kernel': {
    title: 'Bash, its kernelspecs hidden by another',
    version: '1',
    layers: gzip('base', 'python', 'bash', 'hide-bash-specs'),
    env: bashEnv,
    // the environment's ipykernel is still there, only its kernelspec is hidden
    expectedKernels: [bash, bashPython],
  },
  'deleted-environment': {
    title: 'A virtual environment deleted again',
    version: '1',
    layers: gzip('base', 'python', 'environment', 'delete-environment'),
    expectedKernels: [],
  },
  'two-tags': {
    title: 'Two tags',
    version: '3.1',
    layers: gzip('base', 'python', 'ipykernel'),
    tags: ['3', '3.1'],
    expectedKernels: [system],
  },
  'multi-arch': {
    title: 'Several platforms',
    version: '1',
    layers: gzip('base', 'python', 'ipykernel'),
    index: true,
    expectedKernels: [system],
  },
  'zstd-python': {
    title: 'Debian Python, zstd layers',
    version: '12',
    layers: ['base', 'python', 'ipykernel'].map((layer) => ({ layer, compression: 'zstd' as const })),
    expectedKernels: [system],
  },
  'mixed-python': {
    title: 'A virtual environment in gzip, zstd and plain layers',
    version: '1',
    layers: [
      { layer: 'base' },
      { layer: 'python', compression: 'zstd' },
      { layer: 'environment' },
      { layer: 'note', compression: 'none' },
    ],
    env: environmentEnv,
    expectedKernels: [environment],
  },
  'busybox-python': {
    title: 'Python beside busybox',
    version: '1',
    layers: gzip(
      'busybox-python',
      'busybox-environment',
      'busybox-links',
      'busybox-commands',
      'plain-places',
    ),
    env: environmentEnv,
    expectedKernels: [environment],
  },
  'slurm-clients': {
    title: 'Clients of Slurm',
    version: '1',
    layers: gzip('base', 'python', 'environment', 'clients'),
    env: environmentEnv,
    expectedKernels: [environment],
  },
  'plain-python': {
    title: 'Python, unpacked without root',
    version: '1',
    layers: gzip('plain', 'plain-environment', 'plain-places'),
    env: environmentEnv,
    expectedKernels: [environment],
  },
  'plain-bash': {
    title: 'Bash, unpacked without root',
    version: '1',
    layers: gzip('plain', 'plain-bash', 'plain-bash-spec', 'plain-places'),
    env: bashEnv,
    expectedKernels: [bash, bashPython],
  },
};

/** The images that an ordinary user can build. */
export const imagesWithoutRoot = Object.keys(imageRecipes).filter((name) =>
  imageRecipes[name]?.layers.every(({ layer }) => !needsRoot(layerRecipes[layer] ?? { steps: [] })),
);
