import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** This Node in a directory that every user may read; they may not be able to read this checkout. */
export async function nodeFor(directory: string): Promise<string> {
  const node = join(directory, 'node');
  const run = promisify(execFile);
  // 120 MB: a second name where that is possible
  await run('ln', ['-f', process.execPath, node]).catch(() =>
    run('cp', ['--reflink=auto', process.execPath, node]),
  );
  await run('chmod', ['755', node]);
  return node;
}
