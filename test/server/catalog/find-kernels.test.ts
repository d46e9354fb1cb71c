import { describe, expect, test } from '@jest/globals';
import { explainNoKernel, findKernels } from '../../../server/src/catalog/index.ts';
import { configOf, DEBIAN_IPYKERNEL, DEBIAN_PYTHON, SPEC, treeOfFiles, type Files } from './image-of.ts';

const find = (files: Files, env: Readonly<Record<string, string>> = {}) =>
  findKernels(treeOfFiles(files), configOf(env));
const spec = (more: object): string => JSON.stringify({ ...(JSON.parse(SPEC) as object), ...more });
const VENV: Files = {
  ...DEBIAN_PYTHON,
  'opt/env/pyvenv.cfg': 'home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n',
  'opt/env/bin/python': '->/usr/bin/python3.11',
  'opt/env/bin/python3': '->python',
};
const WITH_IPYKERNEL: Files = { ...DEBIAN_PYTHON, ...DEBIAN_IPYKERNEL };
const VENV_IPYKERNEL: Files = {
  'opt/env/lib/python3.11/site-packages/ipykernel_launcher.py': '',
  'opt/env/lib/python3.11/site-packages/ipykernel-7.4.0.dist-info/METADATA': 'Version: 7.4.0',
};

describe('kernelspecs', () => {
  test("Debian's python3 gets its interpreter, its version and its evidence", () => {
    const { kernels, broken } = find({
      ...DEBIAN_PYTHON,
      ...DEBIAN_IPYKERNEL,
      'usr/share/jupyter/kernels/python3/kernel.json': SPEC,
    });
    expect(broken).toEqual([]);
    expect(kernels).toMatchObject([
      {
        id: 'python3',
        origin: 'kernelspec',
        argv: ['/usr/bin/python3', '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
        prefix: '/usr',
        interpreter: { path: '/usr/bin/python3', version: '3.11' },
        metadata: { debugger: true },
      },
    ]);
    expect(kernels[0]?.evidence.map(({ path }) => path)).toEqual([
      '/usr/share/jupyter/kernels/python3/kernel.json',
      '/usr/bin/python3.11',
      '/usr/lib/python3/dist-packages/ipykernel-6.17.0.egg-info/PKG-INFO',
    ]);
  });

  test('`python` in a virtual environment is its own, by the path that makes it one', () => {
    const { kernels } = find({
      ...VENV,
      ...VENV_IPYKERNEL,
      'opt/env/share/jupyter/kernels/python3/kernel.json': SPEC,
    });
    expect(kernels.map(({ id, argv }) => [id, argv[0]])).toEqual([
      ['python3-opt-env', '/opt/env/bin/python3'],
    ]);
  });

  test('everywhere that Jupyter looks: JUPYTER_PATH, data directory, root, homes, /usr/local, conda', () => {
    const files: Files = {
      ...WITH_IPYKERNEL,
      'a/kernels/one/kernel.json': SPEC,
      'd/kernels/two/kernel.json': SPEC,
      'root/.local/share/jupyter/kernels/three/kernel.json': SPEC,
      'home/me/.local/share/jupyter/kernels/four/kernel.json': SPEC,
      'usr/local/share/jupyter/kernels/five/kernel.json': SPEC,
      'conda/conda-meta/history': '',
      'conda/share/jupyter/kernels/six/kernel.json': SPEC,
      'elsewhere/kernels/seven/kernel.json': SPEC,
    };
    const { kernels } = find(files, { JUPYTER_PATH: '/a:/b', JUPYTER_DATA_DIR: '/d' });
    expect(kernels.map(({ id }) => id).sort()).toEqual([
      'five-usr-local',
      'four-home-me-.local-share-jupyter',
      'one-a',
      'six-conda',
      'three-root-.local-share-jupyter',
      'two-d',
    ]);
    expect(new Set(kernels.map(({ argv }) => argv[0]))).toEqual(new Set(['/usr/bin/python3']));
  });

  test('one kernelspec that two ways lead to is there once', () => {
    const { kernels } = find({
      ...WITH_IPYKERNEL,
      'usr/share/jupyter/kernels/python3/kernel.json': SPEC,
      'usr/local/share/jupyter': '->/usr/share/jupyter',
      'usr/share/jupyter/kernels/again': '->python3',
    });
    expect(kernels).toHaveLength(1);
  });

  test('a program that is not there is told, and the healthy ones stay', () => {
    const { kernels, broken } = find({
      ...WITH_IPYKERNEL,
      'usr/share/jupyter/kernels/good/kernel.json': SPEC,
      'usr/share/jupyter/kernels/gone/kernel.json': spec({ argv: ['/opt/gone/python', '{connection_file}'] }),
      'usr/share/jupyter/kernels/nowhere/kernel.json': spec({ argv: ['julia', '{connection_file}'] }),
      'usr/share/jupyter/kernels/deaf/kernel.json': spec({ argv: ['python3'] }),
      'usr/share/jupyter/kernels/torn/kernel.json': '{"argv": [',
    });
    expect(kernels.map(({ id }) => id)).toEqual(['good']);
    expect(broken.map(({ why }) => why)).toEqual([
      'its argv has no {connection_file}',
      'its command is "/opt/gone/python", which is not in the image',
      `its command is "julia", which is neither in its prefix nor on the image's PATH`,
      expect.stringMatching(/expected object/),
    ]);
  });

  test('{resource_dir} becomes its absolute path, a bare name comes from the PATH of the image', () => {
    const { kernels } = find(
      {
        'opt/r/bin/R': 'x',
        'usr/share/jupyter/kernels/ir/kernel.json': spec({
          argv: ['R', '{resource_dir}/start.R', '{connection_file}'],
          display_name: 'R',
          language: 'R',
        }),
      },
      { PATH: '/usr/bin:/opt/r/bin' },
    );
    expect(kernels[0]?.argv).toEqual([
      '/opt/r/bin/R',
      '/usr/share/jupyter/kernels/ir/start.R',
      '{connection_file}',
    ]);
    expect(kernels[0]?.language).toBe('R');
  });

  test('logos come along as data', () => {
    const { kernels } = find({
      ...WITH_IPYKERNEL,
      'usr/share/jupyter/kernels/python3/kernel.json': SPEC,
      'usr/share/jupyter/kernels/python3/logo-svg.svg': '<svg onload="x"/>',
      'usr/share/jupyter/kernels/python3/logo-64x64.png': 'png',
      'usr/share/jupyter/kernels/python3/other.svg': 'no',
      'usr/share/jupyter/kernels/python3/logo-big.png': 'x'.repeat(300_000),
    });
    expect(Object.keys(kernels[0]?.logos ?? {})).toEqual(['logo-64x64.png', 'logo-svg.svg']);
  });

  test('one whose ipykernel an upper layer deleted is told, not offered', () => {
    const files = { ...VENV, ...VENV_IPYKERNEL, 'opt/env/share/jupyter/kernels/python3/kernel.json': SPEC };
    const deleted = {
      'opt/env/lib/python3.11/site-packages/ipykernel_launcher.py': 'whiteout',
      'opt/env/lib/python3.11/site-packages/ipykernel-7.4.0.dist-info': 'whiteout',
    };
    const found = findKernels(treeOfFiles(files, deleted), configOf());
    expect(found.kernels).toEqual([]);
    expect(found.broken).toEqual([
      {
        path: '/opt/env/share/jupyter/kernels/python3/kernel.json',
        why: 'it runs ipykernel_launcher, but Python 3.11 in /opt/env has no ipykernel',
      },
    ]);
    expect(explainNoKernel(found)[0]).toMatch(/kernel\.json cannot be offered: .* has no ipykernel$/);
  });

  test.each<readonly [string, Files, Readonly<Record<string, string>>]>([
    [
      'the base of an environment that sees its packages',
      {
        ...DEBIAN_IPYKERNEL,
        'opt/env/pyvenv.cfg': 'home = /usr/bin\ninclude-system-site-packages = true\nversion = 3.11.2\n',
      },
      {},
    ],
    ["the image's PYTHONPATH", { 'opt/more/ipykernel_launcher.py': '' }, { PYTHONPATH: '/opt/x:/opt/more' }],
  ])('ipykernel may come from %s', (_, files, env) => {
    const specs = { 'opt/env/share/jupyter/kernels/python3/kernel.json': SPEC };
    expect(find({ ...VENV, ...specs }, env).broken).toHaveLength(1);
    const { kernels, broken } = find({ ...VENV, ...specs, ...files }, env);
    expect(broken).toEqual([]);
    expect(kernels.map(({ id }) => id)).toContain('python3-opt-env');
  });

  test('a kernel of another module, or of a program that is no Python we know, needs no ipykernel', () => {
    const { broken } = find({
      ...DEBIAN_PYTHON,
      'opt/own/bin/kernel': 'x',
      'usr/share/jupyter/kernels/bash/kernel.json': spec({
        argv: ['python3', '-m', 'bash_kernel', '-f', '{connection_file}'],
      }),
      'usr/share/jupyter/kernels/own/kernel.json': spec({
        argv: ['/opt/own/bin/kernel', '-m', 'ipykernel_launcher', '{connection_file}'],
      }),
    });
    expect(broken).toEqual([]);
  });
});

describe('Pythons without kernelspec', () => {
  test('with ipykernel: offered, with CurveZMQ where that ipykernel has it', () => {
    const { kernels } = find({ ...VENV, ...VENV_IPYKERNEL });
    expect(kernels).toMatchObject([
      {
        id: 'ipykernel-opt-env',
        origin: 'python-prefix',
        displayName: 'Python 3.11',
        argv: ['/opt/env/bin/python3', '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
        metadata: { supported_encryption: ['curve'] },
      },
    ]);
    const old = find({ ...DEBIAN_PYTHON, ...DEBIAN_IPYKERNEL }).kernels;
    expect(old[0]?.id).toBe('ipykernel');
    expect(old[0]?.metadata).toEqual({ debugger: true });
  });

  test("beside another language's kernelspec that runs the same Python", () => {
    const shell = spec({
      argv: ['/opt/env/bin/python', '-m', 'bash_kernel', '-f', '{connection_file}'],
      display_name: 'Shell',
      language: 'bash',
    });
    const files = { ...VENV, ...VENV_IPYKERNEL, 'opt/env/share/jupyter/kernels/shell/kernel.json': shell };
    expect(find(files).kernels.map(({ id, origin }) => [id, origin])).toEqual([
      ['shell-opt-env', 'kernelspec'],
      ['ipykernel-opt-env', 'python-prefix'],
    ]);
    const both = { ...files, 'opt/env/share/jupyter/kernels/python3/kernel.json': SPEC };
    expect(find(both).kernels.map(({ id }) => id)).toEqual(['python3-opt-env', 'shell-opt-env']);
  });

  test('not beside a kernelspec elsewhere that runs it, by whatever path', () => {
    const usrMerged: Files = { bin: '->usr/bin', 'usr/lib/python3.11/x': '' };
    const { kernels } = find({
      ...WITH_IPYKERNEL,
      ...usrMerged,
      'root/.local/share/jupyter/kernels/mine/kernel.json': spec({
        argv: ['/bin/python3.11', '-m', 'ipykernel', '-f', '{connection_file}'],
      }),
    });
    expect(kernels.map(({ id, prefix }) => [id, prefix])).toEqual([
      ['mine-root-.local-share-jupyter', '/usr'],
    ]);
  });

  test('an environment that sees the packages of its base has its ipykernel', () => {
    const files = { ...VENV, ...DEBIAN_IPYKERNEL };
    expect(find(files).kernels.map(({ prefix }) => prefix)).toEqual(['/usr']);
    const open = { ...files, 'opt/env/pyvenv.cfg': 'home = /usr/bin\ninclude-system-site-packages = true\n' };
    expect(find(open).kernels.map(({ prefix }) => prefix)).toEqual(['/opt/env', '/usr']);
  });

  test('metadata that a deletion left behind is no ipykernel', () => {
    const { kernels } = findKernels(
      treeOfFiles(
        { ...VENV, ...VENV_IPYKERNEL },
        { 'opt/env/lib/python3.11/site-packages/ipykernel_launcher.py': 'whiteout' },
      ),
      configOf(),
    );
    expect(kernels).toEqual([]);
  });

  test('of ten thousand Pythons those nearest to the root are looked at', () => {
    const many = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, at) => [`x/y/${at}/bin/python3`, 'x'] as const),
    );
    const { kernels, seen } = find({ ...many, ...VENV, ...VENV_IPYKERNEL });
    expect(seen).toHaveLength(500);
    expect(kernels.map(({ prefix }) => prefix)).toEqual(['/opt/env']);
  });

  test('without: nothing, and why', () => {
    const found = find(VENV);
    expect(found.kernels).toEqual([]);
    expect(explainNoKernel(found)).toEqual([
      'Python 3.11 in /opt/env has no ipykernel',
      'Python 3.11 in /usr has no ipykernel',
    ]);
    expect(explainNoKernel(find({ 'bin/sh': 'x' }))).toEqual(['no kernelspec and no Python 3 was seen']);
  });
});
