import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { rowWindow, scrollTo } from '../../../extension/src/gallery/row-window.ts';

test('draws what is in sight and a little more, of a list of any length', () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.nat(5_000_000), fc.nat(2000), (count, top, height) => {
      const { first, end } = rowWindow(count, 44, top, height);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(count);
      expect(end - first).toBeLessThanOrEqual(height / 44 + 18);
      const inSight = Math.min(count - 1, Math.floor((top + height / 2) / 44));
      if (count > 0 && top < count * 44) expect(first <= inSight && inSight < end).toBe(true);
    }),
  );
});

test('scrolls just so far that a row is whole in sight', () => {
  expect(scrollTo(5, 44, 0, 600)).toBe(0);
  expect(scrollTo(20, 44, 0, 600)).toBe(21 * 44 - 600);
  expect(scrollTo(2, 44, 400, 600)).toBe(88);
});
