/** Takes the images from the cache; where that is empty, the first run builds them (two minutes, needs the mirrors). */
import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { command } from './command.ts';
import { buildImages, pushImages, type BuiltImage } from './images.ts';
import { blobPath, tagOf, taggedManifests } from './oci-layout.ts';
import { ownRegistry, type OwnRegistry } from './own-registry.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';

const document = z.object({
  layers: z.array(z.object({ digest: z.string(), mediaType: z.string(), size: z.number() })).optional(),
  manifests: z
    .array(z.object({ digest: z.string(), platform: z.object({ architecture: z.string() }) }))
    .optional(),
});
const nobody = 65534;
// Debian's python3-ipykernel has a second copy in dist-packages/share, where Jupyter never looks
const specPath = /^(usr|opt\/[^/]+)\/share\/jupyter\/kernels\/[^/]+\/kernel\.json$/;

let images: readonly BuiltImage[];
beforeAll(async () => {
  images = await buildImages();
}, 600_000);

function image(name: string): BuiltImage {
  const found = images.find((built) => built.name === name);
  if (!found) throw new Error(`no image ${name}`);
  return found;
}

/** Layers of the first tag, on linux/amd64. */
async function layersOf(built: BuiltImage) {
  const read = async (digest: string) =>
    document.parse(JSON.parse(await readFile(blobPath(built.layout, digest), 'utf8')));
  const [named] = await taggedManifests(built.layout);
  const top = await read(named?.digest ?? '');
  const own = top.manifests?.find((child) => child.platform.architecture === 'amd64');
  return (own ? await read(own.digest) : top).layers ?? [];
}

const listings = new Map<string, string>();

/** Names in the merged image, by the rules of image-spec's layer.md, written down here a second time. */
async function pathsOf(built: BuiltImage): Promise<readonly string[]> {
  let paths: string[] = [];
  for (const { digest } of await layersOf(built)) {
    const listing =
      listings.get(digest) ?? (await command(['tar', '--list', `--file=${blobPath(built.layout, digest)}`]));
    listings.set(digest, listing);
    const names = listing.split('\n').map((name) => name.replace(/^\.\/|\/$/g, ''));
    for (const name of names) {
      const gone = name.endsWith('/.wh..wh..opq')
        ? name.slice(0, -'.wh..wh..opq'.length)
        : name.replace(/(^|\/)\.wh\.([^/]+)$/, '$1$2/');
      if (gone !== name) paths = paths.filter((path) => !`${path}/`.startsWith(gone));
    }
    paths.push(...names.filter((name) => !/(^|\/)\.wh\./.test(name)));
  }
  return paths;
}

const specs: Readonly<Record<string, readonly string[]>> = {
  'debian-python': ['usr/share/jupyter/kernels/python3'],
  'venv-python': ['opt/env/share/jupyter/kernels/python3'],
  'science-python': ['opt/env/share/jupyter/kernels/python3'],
  'bare-python': [],
  'bash-kernel': ['opt/bash/share/jupyter/kernels/bash', 'opt/bash/share/jupyter/kernels/python3'],
  'r-kernel': ['usr/share/jupyter/kernels/ir'],
  'no-kernel': [],
  'deleted-kernel': ['opt/bash/share/jupyter/kernels/python3'],
  'opaque-kernel': ['opt/bash/share/jupyter/kernels/shell'],
  'deleted-environment': [],
  'two-tags': ['usr/share/jupyter/kernels/python3'],
  'multi-arch': ['usr/share/jupyter/kernels/python3'],
  'zstd-python': ['usr/share/jupyter/kernels/python3'],
  'mixed-python': ['opt/env/share/jupyter/kernels/python3'],
  'busybox-python': ['opt/env/share/jupyter/kernels/python3'],
  'slurm-clients': ['opt/env/share/jupyter/kernels/python3'],
  'plain-python': ['opt/env/share/jupyter/kernels/python3'],
  'plain-bash': ['opt/bash/share/jupyter/kernels/bash', 'opt/bash/share/jupyter/kernels/python3'],
};

test('every image has its row here', () => {
  expect(Object.keys(specs)).toEqual(images.map(({ name }) => name));
});

test.each(Object.entries(specs))(
  '%s holds the kernelspecs and interpreters it is made for',
  async (name, wanted) => {
    const built = image(name);
    const paths = await pathsOf(built);
    const found = paths.filter((path) => specPath.test(path));
    expect(found.map((path) => path.slice(0, -'/kernel.json'.length)).sort()).toEqual(wanted);
    for (const { interpreter } of built.expectedKernels) expect(paths).toContain(interpreter?.slice(1));
  },
  60_000,
);

describe('what benchmarks and scanners count on', () => {
  test('science-python has 100 MB in one gzip layer', async () => {
    const layers = await layersOf(image('science-python'));
    expect(Math.max(...layers.map((layer) => layer.size))).toBeGreaterThan(100e6);
    expect(new Set(layers.map((layer) => layer.mediaType.split('+')[1]))).toEqual(new Set(['gzip']));
  });

  test('zstd, gzip and plain layers', async () => {
    const kinds = async (name: string) =>
      (await layersOf(image(name))).map((l) => l.mediaType.split('.').at(-1));
    expect(await kinds('zstd-python')).toEqual(['tar+zstd', 'tar+zstd', 'tar+zstd']);
    expect(await kinds('mixed-python')).toEqual(['tar+gzip', 'tar+zstd', 'tar+gzip', 'tar']);
  });

  test('two tags on one digest', async () => {
    const named = await taggedManifests(image('two-tags').layout);
    expect(named.map(tagOf)).toEqual(['3', '3.1']);
    expect(new Set(named.map((entry) => entry.digest)).size).toBe(1);
  });
});

test('nothing of the building machine is in the base', async () => {
  await inTemporaryDirectory(async (directory) => {
    const [base] = await layersOf(image('debian-python'));
    const archive = `--file=${blobPath(image('debian-python').layout, base?.digest ?? '')}`;
    await command(['tar', '--extract', archive, `--directory=${directory}`]);
    for (const name of ['resolv.conf', 'hostname'])
      expect((await stat(join(directory, 'etc', name))).size).toBe(0);
    expect(await readFile(join(directory, 'etc/apt/sources.list'), 'utf8')).toBe(
      'deb http://deb.debian.org/debian bookworm main\n',
    );
  });
}, 30_000);

test.each([
  ['debian-python', ['/usr/bin/python3', '-m', 'ipykernel_launcher', '--version']],
  ['mixed-python', ['/opt/env/bin/python', '-m', 'ipykernel_launcher', '--version']],
])(
  '%s runs for an ordinary user who unpacked it',
  async (name, argv) => {
    await inTemporaryDirectory(async (directory) => {
      const root = join(directory, 'root');
      await chmod(directory, 0o755);
      await mkdir(root);
      await chown(root, nobody, nobody);
      const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'];
      for (const { digest } of await layersOf(image(name))) {
        // the cache is in a home that an ordinary user cannot search: a copy beside
        const blob = join(directory, 'blob');
        await command(['install', '-m', '644', blobPath(image(name).layout, digest), blob]);
        await command([...asNobody, 'tar', '--extract', `--file=${blob}`, `--directory=${root}`]);
      }
      const env = { PATH: '/usr/bin:/bin', HOME: '/', USER: 'nobody' };
      expect(await command([...asNobody, 'ch-run', root, '--', ...argv], { env })).toMatch(/^\d+\.\d+/);
    });
  },
  60_000,
);

describe('the cache', () => {
  const node = process.execPath;
  const main = join(import.meta.dirname, 'main.ts');

  test('answers within a second, without network and without tools', () => {
    const env = { ...process.env, PATH: '/nonexistent' };
    const argv = ['--net', '--', node, main, 'build'];
    // the quickest of some: the machine has other things to do
    const times = [1, 2, 3, 4, 5].map(() => {
      const began = performance.now();
      const { status, stdout, stderr } = spawnSync('/usr/bin/unshare', argv, { env, encoding: 'utf8' });
      expect({ status, stderr: stderr.replace(/.*ExperimentalWarning.*\n.*\n/, '') }).toEqual({
        status: 0,
        stderr: '',
      });
      expect(stdout.trim().split('\n')).toHaveLength(images.length);
      return performance.now() - began;
    });
    expect(Math.min(...times)).toBeLessThan(1_000);
  });

  test('an empty one says to an ordinary user who must fill it', () =>
    inTemporaryDirectory(async (directory) => {
      await chown(directory, nobody, nobody);
      const script = `import('./images.ts').then((m) => m.buildImages({ cacheDir: ${JSON.stringify(directory)} }))`;
      // root's own checkout may be unreadable to others, so only the uid changes, not what may be read
      const keep = [
        '--reuid',
        String(nobody),
        '--inh-caps',
        '+dac_override',
        '--ambient-caps',
        '+dac_override',
      ];
      const argv = [...keep, '--clear-groups', '--', node, '--input-type=module', '--eval', script];
      const ended = spawnSync('/usr/bin/setpriv', argv, { cwd: import.meta.dirname, encoding: 'utf8' });
      expect(ended.status).toBe(1);
      expect(ended.stderr).toContain('test images are built as root');
    }));

  test('an unknown name is an error that lists the known ones', async () => {
    await expect(buildImages({ only: ['nosuch'] })).rejects.toThrow(/nosuch.*debian-python/);
  });
});

describe('pushed to a registry', () => {
  let registry: OwnRegistry;
  beforeAll(async () => {
    registry = await ownRegistry();
  });
  afterAll(() => registry.close());

  test('all tags have the digests of the layouts', async () => {
    await pushImages(images, registry.host);
    for (const built of images)
      for (const descriptor of await taggedManifests(built.layout)) {
        const url = `http://${registry.host}/v2/${built.repository}/manifests/${tagOf(descriptor)}`;
        const answer = await fetch(url, { method: 'HEAD', headers: { accept: descriptor.mediaType } });
        expect([built.name, answer.headers.get('docker-content-digest')]).toEqual([
          built.name,
          descriptor.digest,
        ]);
      }
  }, 60_000);
});
