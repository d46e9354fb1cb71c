import { expect, test } from '@jest/globals';
import { nullTranslator } from '@jupyterlab/translation';
import { elapsedWords } from '../../../extension/src/words/job-words.ts';

const trans = nullTranslator.load('jupyter_berth');
const began = '2026-11-21T10:00:00.000Z';
const now = Date.parse('2026-11-21T10:30:00.000Z');

test.each([
  ['running', { began }, '30 min'],
  ['completed', { began, ended: '2026-11-21T10:10:00.000Z' }, '10 min'],
  ['queued', {}, undefined],
  // of a node that failed nobody knows when: it does not go on for ever
  ['failed', { began }, undefined],
  ['lost', { began }, undefined],
] as const)('%s %j: %s', (state, times, words) =>
  expect(elapsedWords({ state, ...times }, now, trans)).toBe(words),
);
