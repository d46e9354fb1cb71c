import type { Digest, ImageConfig, LayerEntry, LayerIndex } from '@berth/schema';
import { mergeLayers, type ImageTree } from '@berth/spawner/image';

/** Path -> content of a file, `->target` of a symlink, `x` an executable. */
export type Files = Readonly<Record<string, string>>;

const digestOf = (at: number): Digest => `sha256:${String(at).padStart(64, '0')}` as Digest;

/** An image tree made of layers in memory, by the merge that the product uses. */
export function treeOfFiles(...layers: readonly Files[]): ImageTree {
  return mergeLayers(layers.map(indexOf));
}

function indexOf(files: Files, at: number): LayerIndex {
  const entries: LayerEntry[] = Object.entries(files).map(([path, content]) => {
    if (content === 'whiteout') return { type: 'whiteout', path };
    if (content.startsWith('->')) return { type: 'symlink', path, target: content.slice(2) };
    return { type: 'file', path, mode: content === 'x' ? 0o755 : 0o644, size: content.length };
  });
  const bodies = Object.fromEntries(
    Object.entries(files).map(([path, content]) => [path, Buffer.from(content).toString('base64')]),
  );
  return { digest: digestOf(at), scanner: 1, size: 0, entries, bodies };
}

export const configOf = (env: Readonly<Record<string, string>> = {}): ImageConfig => ({
  env,
  workingDir: '',
  user: '',
  labels: {},
});

export const SPEC = JSON.stringify({
  argv: ['python3', '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
  display_name: 'Python 3 (ipykernel)',
  language: 'python',
  metadata: { debugger: true },
});

/** A Python 3.11 in /usr as Debian lays it out. */
export const DEBIAN_PYTHON: Files = {
  'usr/bin/python3.11': 'x',
  'usr/bin/python3': '->python3.11',
  'usr/lib/python3.11/os.py': '',
};

export const DEBIAN_IPYKERNEL: Files = {
  'usr/lib/python3/dist-packages/ipykernel_launcher.py': '',
  'usr/lib/python3/dist-packages/ipykernel-6.17.0.egg-info/PKG-INFO': 'Version: 6.17.0',
};
