import { expect, test } from '@jest/globals';
import { table } from './result-table.ts';

test('columns are as wide as their widest cell, numbers stand on the right', () => {
  const rows = [
    ['kernel', 'seconds'],
    ['python3', '1.50'],
    ['r', '12.25'],
  ];
  expect(table(rows)).toBe('kernel   seconds\n-------  -------\npython3     1.50\nr          12.25');
});

test('a column with one word in it is text', () => {
  expect(table([['s'], ['1.5'], ['failed']])).toBe('s\n------\n1.5\nfailed');
});
