import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { venvProgram } from './venv.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/**
 * Absolute path of python3 of a Python environment with JupyterLab and, installed as a person would do it
 * (`pip install WHEEL`), our wheel. It is a copy by hard links of the one that setup made, so it costs a second, needs
 * no network, and the original stays a Lab without Berth to compare with. One for each wheel: a Lab that runs is not
 * disturbed by a new build.
 */
export async function labPython(): Promise<string> {
  const original = dirname(dirname(venvProgram('python3')));
  const packed = await run('/bin/sh', [join(root, 'scripts/fresh-wheel.sh')]);
  const wheel = packed.stdout.trim();
  const hash = createHash('sha256')
    .update(await readFile(wheel))
    .update(await readFile(join(root, 'binder/requirements.txt')));
  const environment = `${environmentsBeside(original)}${hash.digest('hex').slice(0, 12)}`;
  const python = join(environment, 'bin/python3');
  if (await isThere(python)) return python;
  const making = `${environment}.${String(process.pid)}`;
  try {
    await run('/bin/cp', ['--archive', '--link', original, making]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--no-index'];
    await run(join(making, 'bin/python3'), [...pip, '--force-reinstall', wheel]);
    await rename(making, environment).catch(async (error: unknown) => {
      // another process was faster: its environment is as good
      if (!(await isThere(python))) throw error;
    });
    await removeOld(environmentsBeside(original));
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return python;
}

/** In the checkout, where git does not look; else beside the one in /var/tmp. They end in the wheel's hash. */
function environmentsBeside(original: string): string {
  return original === join(root, '.venv') ? join(root, '.berth/lab-') : `${original}-lab-`;
}

/** Those of yesterday's wheels; a Lab that runs for a day is not ours to think of. */
async function removeOld(prefix: string): Promise<void> {
  const yesterday = Date.now() - 24 * 3600_000;
  for (const name of await readdir(dirname(prefix))) {
    const path = join(dirname(prefix), name);
    if (path.startsWith(prefix) && (await stat(path)).ctimeMs < yesterday)
      await rm(path, { recursive: true, force: true });
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
