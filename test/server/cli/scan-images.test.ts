import { Failure, parseImageRef, type Digest } from '@berth/schema';
import { describe, expect, test } from '@jest/globals';
import { exitStatusOf, imageNamed, refPattern, sourcePattern } from '../../../server/src/cli/scan-images.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as Digest;
const [ONE, TWO, INDEX] = [digest('1'), digest('2'), digest('3')];

describe('an image that is named', () => {
  const ref = parseImageRef('lab/climate:2026.2');
  const image = { digest: ONE, indexDigest: INDEX };
  test.each([
    ['lab/climate:2026.2', true],
    ['lab/climate', false],
    ['lab/climat:2026.2', false],
    ['hub/climate:2026.2', false],
    [`lab/climate:2026.2@${ONE}`, true],
    [`lab/climate:2026.2@${INDEX}`, true],
    [`lab/climate:2026.2@${TWO}`, false],
    [`lab/climate@${ONE}`, true],
    [`lab/climate@${TWO}`, false],
  ])('%s: %s', (text, fits) => {
    expect(imageNamed(text).fits(ref, image)).toBe(fits);
  });
  test('where it could not be looked into, its name must do', () => {
    expect(imageNamed(`lab/climate:2026.2@${ONE}`).fits(ref, undefined)).toBe(true);
    expect(imageNamed(`lab/climate@${ONE}`).fits(ref, undefined)).toBe(false);
  });
});

describe('the exit status of a scan', () => {
  const failure = new Failure('source-unreachable', { url: 'https://r', why: 'down' });
  const catalog = {
    entries: [],
    sources: [
      { alias: 'lab', state: 'listed', notices: [], complete: true },
      { alias: 'hub', state: 'unreachable', failure },
    ],
  } as const;
  test.each([
    [undefined, 69],
    ['climate', 69],
    ['hub/climate', 69],
    ['h*/climate', 69],
    ['b/climate', 69],
    ['lab/climate', 0],
    ['lab/*', 0],
    ['l*b/climate', 0],
  ])('hub is silent, %s is asked for: %s', (pattern, status) => {
    expect(exitStatusOf(catalog, sourcePattern(pattern, ['lab', 'hub']))).toBe(status);
  });

  test('no source is left out of which an image would fit', () => {
    const refs = ['lab/climate:1', 'lab/a/climate:1', 'hub/lab/x:1', 'b/c:2'].map((text) =>
      parseImageRef(text),
    );
    const patterns = [
      'lab/climate',
      'b/c',
      'b/climate',
      '*/climate',
      'l*/climate',
      'lab*',
      'h*b/l*',
      'lab/x',
      'a*/*:1',
    ];
    for (const pattern of patterns)
      for (const ref of refs)
        if (refPattern(pattern)(ref))
          expect([pattern, sourcePattern(pattern, ['other'])(ref.source)]).toEqual([pattern, true]);
  });
});

test.each([
  ['source-unreachable', 0],
  ['source-not-registry', 76],
] as const)('%s, with images known from before: %s', (code, status) => {
  const failure = new Failure(code, { url: 'https://r', why: 'x' });
  const source = { alias: 'hub', state: 'stale', at: '2026-11-21', failure } as const;
  expect(exitStatusOf({ entries: [], sources: [source] })).toBe(status);
});
