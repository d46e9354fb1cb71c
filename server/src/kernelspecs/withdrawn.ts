import { lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Beside the kernelspecs whose absence it explains: an empty file for each name. Refused was one list of all, of which two
 * servers of the person's, or two requests, each write their own half. Jupyter passes a directory without kernel.json over.
 */
const DIRECTORY = '.berth-withdrawn';

/** Whether the person does not want this kernelspec to be written, however few kernels there are. */
export async function isWithdrawn(directory: string, name: string): Promise<boolean> {
  try {
    await lstat(join(directory, DIRECTORY, name));
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
}

/** Note that the person wants a kernelspec no more, or again. */
export async function setWithdrawn(directory: string, name: string, withdrawn: boolean): Promise<void> {
  const marker = join(directory, DIRECTORY, name);
  if (!withdrawn) return rm(marker, { force: true });
  await mkdir(join(directory, DIRECTORY), { recursive: true, mode: 0o700 });
  await writeFile(marker, '', { mode: 0o600 });
}
