import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end. Injected everywhere, so that tests put fake executables on a PATH of their own. */
export type RunCommand = (argv: readonly string[]) => Promise<CommandResult>;

const MAX_OUTPUT = 4 * 1024 * 1024;

/**
 * A runner with this environment and time limit (milliseconds). Output is kept up to 4 MiB a stream. A command that
 * cannot be started rejects with the system's error; one that takes too long is killed and has the status null.
 */
export function commandRunner(env: Readonly<Record<string, string>>, timeoutMs: number): RunCommand {
  return (argv) =>
    new Promise((resolve, reject) => {
      const [command = '', ...args] = argv;
      const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      const output = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        child[name].setEncoding('utf8').on('data', (text: string) => {
          if (output[name].length < MAX_OUTPUT) output[name] += text;
        });
      }
      child.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      child.on('close', (status, signal) => {
        clearTimeout(timer);
        resolve({ status, signal, ...output });
      });
    });
}
