import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { root } from './source-file.ts';

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      hasInstallScript: z.optional(z.boolean()),
      resolved: z.optional(z.string()),
      link: z.optional(z.boolean()),
      integrity: z.optional(z.string()),
    }),
  ),
});

/** Entries of a lock file that name an address (a mirror of one machine would then be everybody's), or lack a hash. */
function unfitEntries(text: string): readonly string[] {
  const { packages } = Lock.parse(JSON.parse(text));
  return Object.entries(packages)
    .filter(([path, { resolved, link, integrity }]) =>
      path.includes('node_modules/') && link !== true
        ? resolved !== undefined || !/^sha512-/.test(integrity ?? '')
        : /:\/\//.test(resolved ?? ''),
    )
    .map(([path]) => path);
}

test('the lock file names no address, and every package has its hash', () => {
  expect(unfitEntries(readFileSync(join(root, 'package-lock.json'), 'utf8'))).toEqual([]);
});

test('it is said of every install script whether it may run: npm asks, and the package `node` is nothing without', () => {
  const { packages } = Lock.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  const scripted = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript);
  const { allowScripts } = z
    .object({ allowScripts: z.record(z.string(), z.boolean()) })
    .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  const names = scripted.map(([path]) => path.replace(/^.*node_modules\//, ''));
  expect(names.sort()).toEqual(Object.keys(allowScripts).sort());
});

test.each(['binder', 'test'])('the Python packages of %s are pinned, and name no address', (folder) => {
  const lines = readFileSync(join(root, folder, 'requirements.txt'), 'utf8').split('\n');
  const unfit = lines.filter(
    (line) => line !== '' && !/^#|^[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+!]*$/.test(line),
  );
  expect(unfit).toEqual([]);
});

test('control: an address or a missing hash is found', () => {
  const lock = (entry: object) => JSON.stringify({ packages: { 'node_modules/a': entry } });
  expect(unfitEntries(lock({ integrity: 'sha512-x', resolved: 'https://example.org/a.tgz' }))).toHaveLength(
    1,
  );
  expect(unfitEntries(lock({}))).toHaveLength(1);
  expect(unfitEntries(lock({ integrity: 'sha512-x' }))).toEqual([]);
  expect(unfitEntries(lock({ link: true, resolved: 'schema' }))).toEqual([]);
});
