import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A new directory on the cache's own file system, so that its result is published by rename. Those of processes that
 * were killed are removed on the way: a name carries the number of the process that made it.
 */
export async function workDirectory(cacheDir: string): Promise<string> {
  await mkdir(cacheDir, { recursive: true });
  for (const name of await readdir(cacheDir)) {
    const pid = /^work-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !alive(Number(pid)))
      await rm(join(cacheDir, name), { recursive: true, force: true, maxRetries: 5 });
  }
  return mkdtemp(join(cacheDir, `work-${process.pid}-`));
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
