import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';

/** Beside the kernelspecs whose absence it explains. A file, which Jupyter passes over. */
const FILE = '.berth-withdrawn.json';
const Names = z.array(z.string().check(z.maxLength(64))).check(z.maxLength(100_000));

/** Names of the kernelspecs that the person does not want to be written, however few kernels there are. */
export async function withdrawnSpecs(directory: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(Names.parse(JSON.parse(await readFile(join(directory, FILE), 'utf8'))));
  } catch {
    // absent or damaged: all are wanted
    return new Set();
  }
}

/** Note that the person wants a kernelspec no more, or again. */
export async function setWithdrawn(directory: string, name: string, withdrawn: boolean): Promise<void> {
  const names = new Set(await withdrawnSpecs(directory));
  if (names.has(name) === withdrawn) return;
  if (withdrawn) names.add(name);
  else names.delete(name);
  await mkdir(directory, { recursive: true });
  const fresh = join(directory, `${FILE}.${randomUUID()}`);
  await writeFile(fresh, `${JSON.stringify([...names].sort())}\n`, { mode: 0o600 });
  await rename(fresh, join(directory, FILE));
}
