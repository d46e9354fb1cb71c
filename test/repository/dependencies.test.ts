import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { importsOf, productFiles, root } from './source-file.ts';
import { packageOf } from './import-rules.ts';

const Versions = z.optional(z.record(z.string(), z.string()));
const Package = z.object({ dependencies: Versions, devDependencies: Versions });
const WORKSPACES = ['schema', 'spawner', 'server', 'extension'];

const dependenciesOf = (folder: string) => {
  const { dependencies, devDependencies } = Package.parse(
    JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')),
  );
  return { used: Object.keys(dependencies ?? {}), tools: Object.keys(devDependencies ?? {}) };
};

/** Names in the first column of the README's table of dependencies that have a reason in the second. */
function explained(readme: string): ReadonlySet<string> {
  const section = readme.split(/^## Dependencies$/m)[1]?.split(/^## /m)[0] ?? '';
  const rows = [...section.matchAll(/^\| ([^|]+) \| ([^|]*\S[^|]*) \|$/gm)];
  return new Set(
    rows.flatMap(([, names = '']) => [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)),
  );
}

const debian = () => readFileSync(join(root, 'binder/apt.txt'), 'utf8').trim().split('\n');

const isOurs = (name: string) => name.startsWith('@berth/');

test('every dependency has its reason in the README', () => {
  const reasons = explained(readFileSync(join(root, 'README.md'), 'utf8'));
  const all = ['.', ...WORKSPACES].flatMap((folder) => Object.values(dependenciesOf(folder)).flat());
  expect(all.filter((name) => !isOurs(name) && !reasons.has(name))).toEqual([]);
});

test('what is compiled needs nothing that the README does not explain', () => {
  const reasons = explained(readFileSync(join(root, 'README.md'), 'utf8'));
  expect(debian().filter((name) => /^(?:gcc|make)$|-dev$/.test(name) && !reasons.has(name))).toEqual([]);
});

test('the README explains none that is gone', () => {
  const packages = ['.', ...WORKSPACES].flatMap((folder) => Object.values(dependenciesOf(folder)).flat());
  const all = new Set([...packages, ...debian()]);
  const reasons = explained(readFileSync(join(root, 'README.md'), 'utf8'));
  expect([...reasons].filter((name) => !all.has(name))).toEqual([]);
});

test.each(WORKSPACES)('%s imports only what its package.json names', (workspace) => {
  const { used } = dependenciesOf(workspace);
  const files = productFiles().filter(({ path }) => path.startsWith(`${workspace}/`));
  const imported = files.flatMap((file) => importsOf(file).map(packageOf));
  const foreign = imported.filter((name) => !name.startsWith('.') && !name.startsWith('node:'));
  expect([...new Set(foreign)].filter((name) => !used.includes(name))).toEqual([]);
});

test('control: a row without a reason, and one outside of the section, explain nothing', () => {
  const readme =
    '| `z` | before |\n## Dependencies\n| `a`, `b` | both |\n| `c` |  |\n## Next\n| `d` | after |\n';
  expect([...explained(readme)]).toEqual(['a', 'b']);
});
