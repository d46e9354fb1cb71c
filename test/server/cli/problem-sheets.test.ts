import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { problemSheets } from '../../../server/src/cli/problem-sheets.ts';

const folder = join(import.meta.dirname, '../../../extension/jupyter_berth');

test('the sheets that the server extension has are those of the closed list ("npm run docs" writes them)', async () => {
  expect(await readFile(join(folder, 'problems.json'), 'utf8')).toBe(problemSheets());
});

test('every code that the server extension names is among them', async () => {
  const known = Object.keys(JSON.parse(problemSheets()) as object);
  for (const file of ['handler.py', 'problems.py']) {
    const text = await readFile(join(folder, file), 'utf8');
    const named = [...text.matchAll(/Refusal\("([a-z-]+)"/g)].map(([, code]) => code);
    expect(named).not.toEqual([]);
    expect(known).toEqual(expect.arrayContaining(named));
  }
});
