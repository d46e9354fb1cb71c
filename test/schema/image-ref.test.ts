import { describe, expect, test } from '@jest/globals';
import { formatImageRef, parseImageRef } from '../../schema/src/index.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['lab/climate:2026.2', 'lab/climate:2026.2'],
  ['lab/climate', 'lab/climate:latest'],
  [`lab/team/a__b-c@${DIGEST}`, `lab/team/a__b-c@${DIGEST}`],
  [`lab/x:1@${DIGEST}`, `lab/x:1@${DIGEST}`],
])('%s is read and written back', (text, written) => {
  expect(formatImageRef(parseImageRef(text))).toBe(written);
  expect(parseImageRef(written)).toEqual(parseImageRef(text));
});

describe('refused before it gets near a path or an address (T16)', () => {
  test.each([
    '',
    'lab',
    'lab/',
    '/x',
    'lab/../x',
    'lab/a//b',
    'lab/x%2f..',
    'LAB/x',
    'lab/X',
    'lab/x:',
    'lab/x:-a',
    `lab/x:${'t'.repeat(129)}`,
    'lab/x@sha256:../../x',
    `lab/x@sha256:${'A'.repeat(64)}`,
    `lab/x@md5:${'a'.repeat(32)}`,
    `lab/x@${DIGEST}@${DIGEST}`,
    `lab/${'x'.repeat(256)}`,
  ])('%j', (text) => {
    expect(() => parseImageRef(text)).toThrow(/is not an image reference/);
  });

  test('a source alone: what it lacks is named', () => {
    expect(() => parseImageRef('lab')).toThrow('it has no "/REPOSITORY" behind the source');
  });
});
