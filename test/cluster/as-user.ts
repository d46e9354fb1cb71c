import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ClusterUser } from './users.ts';

export interface CommandLine {
  readonly command: string;
  readonly args: string[];
}

export interface RunResult {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** default: the user's home */
  readonly cwd?: string;
  readonly input?: string | Buffer;
  /** default 60 000; after that the whole process group is killed and `signal` is SIGKILL */
  readonly timeoutMs?: number;
}

/**
 * The command line that runs `argv` as that user, with the environment of a fresh login and `env` on top,
 * and nothing of the caller's. setpriv(1) keeps the process (its pid is the command's), which runuser with PAM does not.
 */
export function asUser(
  user: ClusterUser,
  env: Readonly<Record<string, string>>,
  argv: readonly string[],
): CommandLine {
  const login = {
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    SHELL: '/bin/bash',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
  };
  const variables = Object.entries({ ...login, ...env }).map(([name, value]) => `${name}=${value}`);
  // an ordinary user can become nobody else, and needs not become itself
  if (process.getuid?.() === user.uid)
    return { command: '/usr/bin/env', args: ['-i', ...variables, ...argv] };
  const become = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--inh-caps=-all'];
  return {
    command: '/usr/bin/setpriv',
    args: [...become, '--', '/usr/bin/env', '-i', ...variables, ...argv],
  };
}

/** Runs it to its end and collects both streams (as UTF-8). Rejects only when nothing could be started. */
export async function runAs(
  user: ClusterUser,
  env: Readonly<Record<string, string>>,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { command, args } = asUser(user, env, argv);
  const child = spawn(command, args, { cwd: options.cwd ?? user.home, detached: true });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A command that reads nothing closes the pipe early; that is its right.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input);
  const timer = setTimeout(() => killGroup(child.pid), options.timeoutMs ?? 60_000);
  try {
    const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
    const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString();
    return { status, signal, stdout: text(stdout), stderr: text(stderr) };
  } finally {
    clearTimeout(timer);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it ended in this moment
  }
}
