import { expect, test } from '@jest/globals';
import { unexpected } from './offered-kernels.ts';

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
