import { SPEC } from '../server/catalog/image-of.ts';
import { pushImage } from '../server/catalog/push-image.ts';

const PYTHON = [
  { path: 'usr/bin/python3.11', content: '#!', mode: 0o755 },
  { path: 'usr/bin/python3', type: 'symlink' as const, target: 'python3.11' },
  { path: 'usr/lib/python3/dist-packages/ipykernel_launcher.py', content: '' },
  { path: 'usr/share/jupyter/kernels/python3/kernel.json', content: SPEC },
];

/** So many images with one kernel each, all different, ten tags a repository. */
export async function manyKernels(host: string, count: number): Promise<void> {
  const push = (at: number) =>
    pushImage(host, `climate/model-${Math.floor(at / 10)}`, `2026.${at % 10}`, PYTHON, [
      { path: 'etc/label', content: String(at) },
    ]);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await push((next += 1) - 1);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
