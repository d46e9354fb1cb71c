import type { Resources } from '@berth/schema';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { readWishes } from './wish-file.ts';

/**
 * What the person chose last for this notebook and kernel in JupyterLab, whatever root its path was below. As a proposal: that they submit
 * the job is their word. Undefined when they chose nothing, or it cannot be read.
 * @param wishes file of the wishes, absolute
 */
export async function wishedResources(
  wishes: string,
  file: string,
  kernel: string,
): Promise<Resources | undefined> {
  const [target, kept] = await Promise.all([
    realpath(file).catch(() => file),
    readWishes(wishes, () => undefined).catch(() => []),
  ]);
  for (const { root, wish } of kept.toReversed()) {
    if (root === '' || wish.kernel !== kernel) continue;
    if ((await realpath(join(root, wish.path)).catch(() => undefined)) === target) return wish.resources;
  }
  return undefined;
}
