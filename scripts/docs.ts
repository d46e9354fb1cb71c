/** Writes docs/reference, and what Python needs of the failures; with --check only says whether it would change anything. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { problemSheets } from '../server/src/cli/problem-sheets.ts';
import { cliPage, configPage, failuresPage } from '../server/src/cli/reference-pages.ts';

const directory = join(import.meta.dirname, '../docs/reference');
const pages = {
  '../../extension/jupyter_berth/problems.json': problemSheets(),
  'config.md': configPage(),
  'failures.md': failuresPage(),
  'cli.md': await cliPage(),
};
const check = process.argv.includes('--check');
await mkdir(directory, { recursive: true });
for (const [name, text] of Object.entries(pages)) {
  const file = join(directory, name);
  const old = await readFile(file, 'utf8').catch(() => undefined);
  if (old === text) continue;
  if (check) {
    console.error(`docs/reference/${name} is not what the sources say: run "npm run docs"`);
    process.exitCode = 1;
  } else {
    await writeFile(file, text);
    console.log(`docs/reference/${name} written`);
  }
}
