import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configSchema, knownKeysAt } from '../../../server/src/cli/config-keys.ts';
import { configPage, GENERATED } from '../../../server/src/cli/reference-pages.ts';
import { VERSION } from '../../../server/src/cli/version.ts';

const root = join(import.meta.dirname, '../../..');

test.each(Object.entries(GENERATED))(
  '%s is what the sources say ("npm run docs" writes it)',
  async (name, page) => {
    expect(await readFile(join(root, name), 'utf8')).toBe(await page());
  },
);

test('every key of the configuration has its sentence', () => {
  const bare = configPage()
    .split('\n')
    .filter((line) => line.startsWith('| `') && line.endsWith('|  |'));
  expect(bare).toEqual([]);
  expect(knownKeysAt([], configSchema())).toContain('sources');
});

test('the version is that of the package', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'server/package.json'), 'utf8')) as {
    version: string;
  };
  expect(VERSION).toBe(version);
});
