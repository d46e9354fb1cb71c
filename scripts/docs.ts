/** Writes what is generated from the sources and committed; with --check only says whether it would change anything. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GENERATED } from '../server/src/cli/reference-pages.ts';

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');
for (const [name, page] of Object.entries(GENERATED)) {
  const file = join(root, name);
  const text = await page();
  const old = await readFile(file, 'utf8').catch(() => undefined);
  if (old === text) continue;
  if (check) {
    console.error(`${name} is not what the sources say: run "npm run docs"`);
    process.exitCode = 1;
  } else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    console.log(`${name} written`);
  }
}
