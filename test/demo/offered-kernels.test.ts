import { expect, test } from '@jest/globals';
import { kernelsBelow, unexpected } from './offered-kernels.ts';

const images = [
  { repository: 'tests/r', tags: ['1', '2'], expectedKernels: [{ language: 'R' }] },
  { repository: 'tests/none', tags: ['1'], expectedKernels: [] },
];
const kernel = (image: string, language: string) => ({
  metadata: { image, language, digest: 'sha256:0', kernel: 'k' },
});

test('the offer is what the images hold', () => {
  expect(unexpected(images, [kernel('demo/tests/r:1', 'R'), kernel('demo/tests/r:2', 'r')])).toEqual([]);
});

test('a missing kernel, and one too many, are named with their image', () => {
  expect(unexpected(images, [kernel('demo/tests/r:1', 'R'), kernel('demo/tests/none:1', 'python')])).toEqual([
    'tests/r:2 holds kernels of r; offered: none',
    'tests/none:1 holds kernels of none; offered: python',
  ]);
});

test('those of the demo alone: neither the person`s own of Berth, nor such as are not of Berth', () => {
  const { metadata } = kernel('demo/tests/r:1', 'R');
  const berth = { display_name: 'R', metadata: { berth: metadata } };
  const listing = JSON.stringify({
    kernelspecs: {
      ours: { resource_dir: '/tmp/demo/jupyter/kernels/ours', spec: berth },
      theirs: { resource_dir: '/home/bob/.local/share/jupyter/kernels/theirs', spec: berth },
      near: { resource_dir: '/tmp/demo/jupyter-other/kernels/near', spec: berth },
      python3: { resource_dir: '/tmp/demo/jupyter/kernels/python3', spec: { display_name: 'Python 3' } },
    },
  });
  expect(kernelsBelow('/tmp/demo/jupyter', listing).map(({ name }) => name)).toEqual(['ours']);
});
