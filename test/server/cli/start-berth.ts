import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../../server/src/cli/main.ts');

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<{
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }>;
}

/** The command as people run it, from source, with nothing in its environment but PATH and `env`. */
export function startBerth(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  stdout: 'pipe' | number = 'pipe',
): Started {
  const child = spawn(process.execPath, ['--conditions=berth-source', MAIN, ...args], {
    env: { PATH: process.env['PATH'], BERTH_BIN: '/opt/berth/bin/berth', ...env },
    stdio: ['ignore', stdout, 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  const told = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => (told[name] += text));
  }
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, ...told }));
  return { child, ended };
}
