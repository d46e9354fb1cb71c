import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/**
 * Absolute path of a program of the Python environment that `npm run setup` made (python3, jupyter, papermill);
 * every user of the machine may run it.
 */
export function venvProgram(name: string): string {
  const venv = execFileSync('/bin/sh', [join(root, 'scripts/venv-path.sh')], { encoding: 'utf8' }).trim();
  const program = join(venv, 'bin', name);
  if (!existsSync(program)) throw new Error(`no ${program}: run "npm run setup" first`);
  return program;
}
