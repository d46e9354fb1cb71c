import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Runs a command to its end, or to ours: it gets SIGKILL when this process dies, by whatever cause (prctl(2),
 * PR_SET_PDEATHSIG). What it printed stands in the error, since all of these are chatty and seldom fail.
 */
export async function command(
  argv: readonly string[],
  options: { readonly env?: Readonly<Record<string, string | undefined>> } = {},
): Promise<string> {
  const env = { ...(options.env ?? process.env) };
  try {
    return (
      await run('/usr/bin/setpriv', ['--pdeathsig', 'KILL', '--', ...argv], { env, maxBuffer: 1 << 26 })
    ).stdout;
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    const told = `${stdout}\n${stderr}`.trim().split('\n').slice(-20).join('\n');
    throw new Error(`${argv.slice(0, 12).join(' ')} failed:\n${told}`, { cause });
  }
}
