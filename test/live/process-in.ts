import { readdirSync, readlinkSync } from 'node:fs';
import { readProc } from '../cluster/process-identity.ts';

/** pid of the process that runs this program in that directory. */
export function processIn(directory: string, program: string): number {
  const found = readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid))
    .find((pid) => {
      const argv = (readProc(pid, 'cmdline') ?? '').split('\0');
      return argv[1]?.endsWith(program) && (argv.includes(directory) || cwdOf(pid) === directory);
    });
  if (found === undefined) throw new Error(`no ${program} in ${directory}`);
  return found;
}

function cwdOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
