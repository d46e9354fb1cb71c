import { chmod, copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Site } from '../live/site.ts';

/** A copy of a program that every user of the site may read; the checkout may be closed to them. */
export async function readableCopy(site: Site, path: string): Promise<string> {
  const copy = join(site.cluster.dir, basename(path));
  await copyFile(path, copy);
  await chmod(copy, 0o644);
  return copy;
}
