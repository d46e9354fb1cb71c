import { expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Config } from '@berth/schema';
import { parse } from 'yaml';
import { root } from './source-file.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');

test('its configuration is one', () => {
  const [, example = ''] = /```yaml\n([^`]*)```/.exec(readme) ?? [];
  const config = Config.parse(parse(example));
  expect(config.defaultProfile).toBe('small');
  expect(Object.keys(config.profiles)).toContain(config.defaultProfile);
  expect(Object.keys(config.sources)).toEqual(['lab']);
});

const FOLDER = /\b(?:schema|spawner|server|extension|test|scripts|binder|docs)\/[\w./-]*\w/g;
/** Files that the documents name as examples of a name, not as something that is there. */
const EXAMPLES = /(?:^|\/)tar(?:\.hostile)?(?:\.test)?\.ts$/;

test.each([
  ['README.md', readme],
  ['CONTRIBUTING.md', contributing],
])('%s names only files and folders that are there', (_, text) => {
  const named = [...new Set(text.match(FOLDER) ?? [])].filter((path) => !EXAMPLES.test(path));
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('control: a folder that is gone is found', () => {
  expect('see spawner/src/gone for it'.match(FOLDER)).toEqual(['spawner/src/gone']);
});
