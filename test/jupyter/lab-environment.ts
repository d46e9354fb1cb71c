import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readProc } from '../cluster/process-identity.ts';
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
  const wheel = await freshWheel();
  const hash = createHash('sha256')
    .update(wheel.content)
    .update(await readFile(join(root, 'binder/requirements.txt')));
  const environment = `${environmentsBeside(original)}${hash.digest('hex').slice(0, 12)}`;
  const python = join(environment, 'bin/python3');
  if (await isThere(python)) return python;
  const making = `${environment}.${String(process.pid)}`;
  try {
    await copy(original, making);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--no-index'];
    // our own copy: a build beside us takes the wheel away
    const file = join(making, wheel.name);
    await writeFile(file, wheel.content);
    await run(join(making, 'bin/python3'), [...pip, '--force-reinstall', file]);
    await rm(file);
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

async function freshWheel(tries = 3): Promise<{ readonly name: string; readonly content: Buffer }> {
  const { stdout } = await run('/bin/sh', [join(root, 'scripts/fresh-wheel.sh')]);
  try {
    return { name: basename(stdout.trim()), content: await readFile(stdout.trim()) };
  } catch (error) {
    if (tries === 1) throw error;
    return freshWheel(tries - 1);
  }
}

/** By hard links, which a kernel may refuse for files of another user (proc(5), protected_hardlinks). */
async function copy(from: string, to: string): Promise<void> {
  const quiet = { stdio: 'ignore' } as const;
  if ((await ended(spawn('/bin/cp', ['--archive', '--link', from, to], quiet))) === 0) return;
  await rm(to, { recursive: true, force: true });
  await run('/bin/cp', ['--archive', '--reflink=auto', from, to]);
}

const ended = async (child: ChildProcess): Promise<unknown> => ((await once(child, 'exit')) as unknown[])[0];

/** In the checkout, where git does not look; else beside the one in /var/tmp. They end in the wheel's hash. */
function environmentsBeside(original: string): string {
  return original === join(root, '.venv') ? join(root, '.berth/lab-') : `${original}-lab-`;
}

/** Those of former wheels from which nothing runs (argv[0] says it); one that was just made is about to be used. */
async function removeOld(prefix: string): Promise<void> {
  const recently = Date.now() - 10 * 60_000;
  const running = readdirSync('/proc').flatMap((pid) =>
    /^\d+$/.test(pid) ? [readProc(Number(pid), 'cmdline')] : [],
  );
  for (const name of await readdir(dirname(prefix))) {
    const path = join(dirname(prefix), name);
    if (!path.startsWith(prefix) || running.some((argv) => argv?.includes(path))) continue;
    if ((await stat(path)).ctimeMs < recently) await rm(path, { recursive: true, force: true });
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
