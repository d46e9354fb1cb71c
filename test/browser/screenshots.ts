/**
 * `npm run screenshots`: every view, light and dark, empty, with one, with many, waiting, asking, failing, as pictures in
 * reports/screenshots. The Lab is a real one; what Berth's server would say comes from the stand-in of test/extension, the
 * tiles from kernelspecs made up here: a picture must not depend on how long a queue is today.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureUsers, existingUsers, type ClusterUser } from '../cluster/users.ts';
import { kernel } from '../extension/stand-in/scenes.ts';
import { labUp } from '../jupyter/lab-server.ts';

/** Scenes by how many tiles their launcher has. */
const LAUNCHERS: readonly { readonly tiles: number; readonly scenes: readonly string[] }[] = [
  { tiles: 0, scenes: ['empty'] },
  { tiles: 1, scenes: ['one'] },
  { tiles: 60, scenes: ['many', 'waiting', 'asking', 'failing'] },
];
const pictures = join(import.meta.dirname, '../extension/pictures.ts');
const target = join(import.meta.dirname, '../../reports/screenshots');

const notebook = {
  cells: [
    { cell_type: 'code', id: 'a', source: 'import xarray', metadata: {}, outputs: [], execution_count: null },
  ],
  metadata: { kernelspec: { name: 'python3', display_name: 'Python 3 (ipykernel)', language: 'python' } },
  nbformat: 4,
  nbformat_minor: 5,
};

const isRoot = process.getuid?.() === 0;
const user = isRoot ? (await ensureUsers()).alice : existingUsers().caller;
for (const { tiles, scenes } of LAUNCHERS) await take(tiles, scenes);

async function take(tiles: number, scenes: readonly string[]): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'berth-pictures-'));
  await chown(data, user.uid, user.gid);
  for (let n = 0; n < tiles; n += 1) await writeSpec(data, n, user);
  const lab = await labUp({
    user: { user, env: { JUPYTER_DATA_DIR: data } },
    files: { 'Untitled.ipynb': JSON.stringify(notebook) },
  });
  try {
    const news = JSON.stringify({ raw: JSON.stringify({ fetchNews: 'false' }) });
    await lab.fetch('lab/api/settings/@jupyterlab/apputils-extension:notification', {
      method: 'PUT',
      body: news,
    });
    const argv = [
      '--conditions=berth-source',
      '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
      pictures,
      lab.openUrl,
      target,
      ...scenes,
    ];
    const child = spawn(process.execPath, argv, { stdio: 'inherit' });
    const [status] = (await once(child, 'exit')) as [number | null];
    if (status !== 0) process.exitCode = 1;
  } finally {
    await lab.down();
    await rm(data, { recursive: true, force: true });
  }
}

/** A kernelspec as Berth writes it, of a kernel of the scenes; it cannot be started. */
async function writeSpec(data: string, n: number, { uid, gid }: ClusterUser): Promise<void> {
  const { name, displayName, language, image } = kernel(n);
  const directory = join(data, 'kernels', name);
  await mkdir(directory, { recursive: true });
  const berth = { image, digest: `sha256:${n.toString(16).padStart(64, '0')}`, kernel: 'python3', language };
  const spec = { argv: ['/bin/false'], display_name: displayName, language, metadata: { berth } };
  await writeFile(join(directory, 'kernel.json'), JSON.stringify(spec));
  // as images have them: some bring one
  if (n % 2 === 0) await writeFile(join(directory, 'logo-svg.svg'), logo(displayName));
  for (const path of [join(data, 'kernels'), directory]) await chown(path, uid, gid);
}

/** A picture that nobody takes for an icon of Lab's. */
function logo(name: string): string {
  const text = `<text x="32" y="44" font-size="34" text-anchor="middle" fill="#fff" font-family="sans-serif">`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><circle cx="32" cy="32" r="30" fill="#7b1fa2"/>${text}${name.slice(0, 1)}</text></svg>`;
}
