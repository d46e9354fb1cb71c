import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { asUser, type RunResult } from '../cluster/as-user.ts';
import type { ClusterUser } from '../cluster/users.ts';

export interface PersonOptions {
  readonly input?: string;
  /** each whole line of stderr, when it comes */
  readonly onLine?: (line: string) => void;
  /** ends what still runs: SIGTERM to its process group, SIGKILL 5 s later */
  readonly signal?: AbortSignal;
}

/** An ordinary user at a shell of the demo: the same environment for each command. */
export interface Person {
  readonly user: ClusterUser;
  readonly env: Readonly<Record<string, string>>;
  run(argv: readonly string[], options?: PersonOptions): Promise<RunResult>;
}

export function person(user: ClusterUser, env: Readonly<Record<string, string>>): Person {
  return { user, env, run: (argv, options = {}) => run(user, env, argv, options) };
}

async function run(
  user: ClusterUser,
  env: Readonly<Record<string, string>>,
  argv: readonly string[],
  { input, onLine, signal }: PersonOptions,
): Promise<RunResult> {
  signal?.throwIfAborted();
  const { command, args } = asUser(user, env, argv);
  const child = spawn(command, args, { cwd: user.home, detached: true, stdio: 'pipe' });
  const kill = (name: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // it ended in this moment
    }
  };
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    kill('SIGTERM');
    timer = setTimeout(() => kill('SIGKILL'), 5_000);
  };
  signal?.addEventListener('abort', abort);
  let stdout = '';
  let stderr = '';
  let told = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    const end = stderr.lastIndexOf('\n');
    if (end < told) return;
    for (const line of stderr.slice(told, end).split(/[\r\n]+/)) if (line.trim() !== '') onLine?.(line);
    told = end + 1;
  });
  child.stdin.on('error', () => undefined); // a command that reads nothing closes the pipe early
  child.stdin.end(input);
  try {
    const [status, ended] = (await once(child, 'close')) as [number | null, string | null];
    signal?.throwIfAborted();
    return { status, signal: ended, stdout, stderr };
  } finally {
    signal?.removeEventListener('abort', abort);
    clearTimeout(timer);
  }
}
