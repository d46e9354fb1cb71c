import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** milliseconds after which it was killed, if it was because it took too long */
  readonly timedOut?: number;
}

/** It took too long and could not be ended, e.g. sudo, which is root's: it runs on. */
export class StillRuns extends Error {
  /** once it has ended by itself */
  readonly gone: Promise<void>;

  constructor(cause: Error, gone: Promise<void>) {
    super(cause.message, { cause });
    this.gone = gone;
  }
}

/**
 * Runs one command to its end. Injected everywhere, so that tests put fake executables on a PATH of their own.
 * @param input for its standard input, which otherwise is empty
 */
export type RunCommand = (argv: readonly string[], input?: string) => Promise<CommandResult>;

/** After a stop was asked: srun needs a moment to take its job with it. Milliseconds. */
const GRACE = 5_000;

/** Characters. Some 400,000 lines of squeue; half a list would tell the jobs of its other half as ended. */
const MAX_ANSWER = 64 * 1024 ** 2;
const MAX_WORDS = 1024 ** 2;

/**
 * A runner with this environment and time limit (milliseconds). A command that cannot be started
 * rejects with the system's error; one that takes too long is killed and has the status null; one whose standard output
 * exceeds 64 MiB is killed and rejects, so that no part passes for the whole; one that may not be killed rejects with
 * `StillRuns`. Of its errors the first MiB is kept.
 * @param signal asks a running command to end (SIGTERM, then SIGKILL), and rejects with its reason once the command has
 */
export function commandRunner(
  env: Readonly<Record<string, string>>,
  timeoutMs: number,
  signal?: AbortSignal,
): RunCommand {
  return (argv, input) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const [command = '', ...args] = argv;
      const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
      // one that reads nothing closes it early
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
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
      let stdout = '';
      let stderr = '';
      let tooLong = false;
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (tooLong) return;
        stdout += text;
        tooLong = stdout.length > MAX_ANSWER;
        if (!tooLong) return;
        child.kill('SIGKILL');
        // what else holds it open and writes on ends, too
        child.stdout.destroy();
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        if (stderr.length < MAX_WORDS) stderr += text;
      });
      const gone = new Promise<void>((end) => child.once('exit', () => end()));
      child.on('error', (error) => {
        finish();
        reject(child.pid === undefined ? error : new StillRuns(error, gone));
      });
      child.on('close', (status, by) => {
        finish();
        if (signal?.aborted) reject(signal.reason as Error);
        else if (tooLong)
          reject(new Error(`${command} answers with more than ${MAX_ANSWER / 1024 ** 2} MiB`));
        else resolve({ status, signal: by, stdout, stderr, ...(timedOut && { timedOut: timeoutMs }) });
      });
    });
}
