import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { filterKernels, languagesOf, NO_FILTER } from '../../../extension/src/model/kernel-filter.ts';
import { kernels } from '../stand-in/scenes.ts';

const all = kernels(1000);

test('all words must occur, in name, image or language, whatever their case', () => {
  const found = filterKernels(all, { ...NO_FILTER, search: '  OCEAN group-3  python ' });
  expect(found.length).toBeGreaterThan(0);
  for (const { displayName, image, language } of found) {
    expect(displayName).toContain('ocean');
    expect(image).toContain('group-3');
    expect(language).toBe('python');
  }
});

test('language and offered narrow further', () => {
  expect(filterKernels(all, { ...NO_FILTER, offeredOnly: true })).toHaveLength(12);
  expect(filterKernels(all, { ...NO_FILTER, language: 'julia' })).toHaveLength(200);
  expect(languagesOf(all)[0]).toBe('python');
});

test('each further word leaves a part of what was there, in the same order', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('o', 'an', '2', 'py', 'lab', 'x')), (words) => {
      const before = filterKernels(all, { ...NO_FILTER, search: words.slice(1).join(' ') });
      const after = filterKernels(all, { ...NO_FILTER, search: words.join(' ') });
      expect(after).toEqual(before.filter((one) => after.includes(one)));
    }),
    { numRuns: 20 },
  );
});
