import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Site } from '../live/site.ts';

/** alice's kernelspec `name`: that of `kernel`, started by another `berth`. @returns the name */
export async function specOf(site: Site, kernel: string, name: string, berth: string): Promise<string> {
  await site.variant(kernel, name, (record) => record);
  const file = join(site.person('alice').kernels, name, 'kernel.json');
  const spec = JSON.parse(await readFile(file, 'utf8')) as { argv: string[] };
  await writeFile(file, JSON.stringify({ ...spec, argv: [berth, ...spec.argv.slice(1)] }));
  return name;
}
