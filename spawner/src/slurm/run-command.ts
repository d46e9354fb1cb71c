import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** milliseconds after which it was killed, if it was because it took too long */
  readonly timedOut?: number;
}

/** Runs one command to its end. Injected everywhere, so that tests put fake executables on a PATH of their own. */
export type RunCommand = (argv: readonly string[]) => Promise<CommandResult>;

/** After a stop was asked: srun needs a moment to take its job with it. Milliseconds. */
const GRACE = 5_000;

const MAX_OUTPUT = 4 * 1024 * 1024;

/**
 * A runner with this environment and time limit (milliseconds). Output is kept up to 4 MiB a stream. A command that
 * cannot be started rejects with the system's error; one that takes too long is killed and has the status null.
 * @param signal asks a running command to end (SIGTERM, then SIGKILL), and rejects with its reason once the command has
 */
export function commandRunner(
  env: Readonly<Record<string, string>>,
  timeoutMs: number,
  signal?: AbortSignal,
): RunCommand {
  return (argv) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const [command = '', ...args] = argv;
      const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
      let timedOut = false;
      let timer = setTimeout(() => {
        timedOut = true;
        child.kill('SIGKILL');
      }, timeoutMs);
      const stop = (): void => {
        clearTimeout(timer);
        child.kill('SIGTERM');
        timer = setTimeout(() => child.kill('SIGKILL'), GRACE);
      };
      signal?.addEventListener('abort', stop, { once: true });
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
      };
      const output = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        child[name].setEncoding('utf8').on('data', (text: string) => {
          if (output[name].length < MAX_OUTPUT) output[name] += text;
        });
      }
      child.on('error', (error) => {
        finish();
        reject(error);
      });
      child.on('close', (status, by) => {
        finish();
        if (signal?.aborted) reject(signal.reason as Error);
        else resolve({ status, signal: by, ...output, ...(timedOut && { timedOut: timeoutMs }) });
      });
    });
}
