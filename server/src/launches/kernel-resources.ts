import { BERTH_FILE, Failure, Resources } from '@berth/schema';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';

const Asking = z.object({ resources: Resources });

/**
 * What the kernelspec of that name asks of Slurm, from its launch record.
 * @param directory where kernelspecs are written
 * @throws Failure `kernel-unknown`
 */
export async function kernelResources(directory: string, kernel: string): Promise<Resources> {
  try {
    return Asking.parse(JSON.parse(await readFile(join(directory, kernel, BERTH_FILE), 'utf8'))).resources;
  } catch (cause) {
    throw new Failure('kernel-unknown', { name: kernel }, { cause });
  }
}
