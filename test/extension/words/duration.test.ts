import { expect, test } from '@jest/globals';
import { nullTranslator } from '@jupyterlab/translation';
import * as fc from 'fast-check';
import { durationWords } from '../../../extension/src/words/duration.ts';

const trans = nullTranslator.load('jupyter_berth');
const words = (seconds: number) => durationWords(seconds, trans);

test.each([
  [0, '0 s'],
  [59.9, '59 s'],
  [60, '1 min'],
  [552, '9 min 12 s'],
  [600, '10 min'],
  [3540, '59 min'],
  [3600, '1 h'],
  [13_860, '3 h 51 min'],
  [90_000, '1 d 1 h'],
  [-5, '0 s'],
])('%d seconds are "%s"', (seconds, text) => {
  expect(words(seconds)).toBe(text);
});

test('never more than two units, and more time never reads as less', () => {
  const unit = { s: 1, min: 60, h: 3600, d: 86_400 } as const;
  const read = (text: string) =>
    [...text.matchAll(/(\d+) (s|min|h|d)/g)].reduce(
      (sum, [, count, name]) => sum + Number(count) * unit[name as keyof typeof unit],
      0,
    );
  fc.assert(
    fc.property(fc.nat(10_000_000), fc.nat(10_000), (seconds, more) => {
      expect(words(seconds).split(' ').length).toBeLessThanOrEqual(4);
      expect(read(words(seconds))).toBeLessThanOrEqual(seconds);
      expect(read(words(seconds + more))).toBeGreaterThanOrEqual(read(words(seconds)));
    }),
  );
});
