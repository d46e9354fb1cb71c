/** @jest-environment node */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

const run = promisify(execFile);
const root = join(__dirname, '../..');
const modules = join(root, 'node_modules');
const KILOBYTE = 1000;
let place: string;
const sizes = new Map<string, number>();
let entry: string;

// built aside, by the builder that makes the wheel's labextension: nobody else's build is disturbed
beforeAll(async () => {
  await run(process.execPath, [join(modules, 'typescript/bin/tsc'), '-b', 'extension'], { cwd: root });
  place = await mkdtemp(join(tmpdir(), 'berth-size-'));
  const description = JSON.parse(await readFile(join(root, 'extension/package.json'), 'utf8')) as {
    jupyterlab: { outputDir: string };
  };
  description.jupyterlab.outputDir = 'out';
  await writeFile(join(place, 'package.json'), JSON.stringify(description));
  for (const part of ['lib', 'style', 'schema', 'LICENSE']) {
    await cp(join(root, 'extension', part), join(place, part), { recursive: true });
  }
  await symlink(modules, join(place, 'node_modules'));
  const core = join(modules, '@jupyterlab/core-meta/core.package.json');
  await run(
    process.execPath,
    [join(modules, '@jupyter/builder/lib/build-labextension.js'), '--core-package-file', core, place],
    { cwd: place },
  );
  for (const name of await readdir(join(place, 'out/static'))) {
    if (!name.endsWith('.js')) continue;
    const text = await readFile(join(place, 'out/static', name));
    sizes.set(name, gzipSync(text).length);
    if (name.startsWith('remoteEntry')) entry = text.toString();
  }
}, 120_000);
afterAll(() => rm(place, { recursive: true, force: true }));

test('all of the extension is at most 120 kB gzipped', () => {
  const all = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  expect(sizes.size).toBeGreaterThan(5);
  expect(all).toBeGreaterThan(10 * KILOBYTE);
  expect(all).toBeLessThanOrEqual(120 * KILOBYTE);
});

test("what Lab has is shared, not brought along; Berth's own schema is not offered to others", () => {
  for (const shared of ['react', '@jupyterlab/notebook', '@lumino/widgets'])
    expect(entry).toContain(`"${shared}"`);
  for (const own of ['@berth/schema', 'zod']) expect(entry).not.toContain(`"${own}"`);
});
