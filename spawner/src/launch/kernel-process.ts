import { spawn } from 'node:child_process';
import { lastLine } from './last-line.ts';
import { memoryCgroup } from './memory-cgroup.ts';

export interface KernelExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly outOfMemory?: { readonly limit?: number | undefined } | undefined;
  /** last line that it (or ch-run on its way there) wrote to its standard error */
  readonly lastWords: string;
}

export interface KernelProcess {
  readonly pid: number;
  readonly exited: Promise<KernelExit>;
  /** To the kernel's process group, and only to that. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL after `graceMs`. May be called twice. */
  stop(graceMs: number): void;
}

/**
 * Starts the kernel in a session and process group of its own, so that an interrupt reaches it and its children and
 * nothing of ours. What it writes goes to `output`, as it comes.
 */
export function startKernelProcess(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  output: NodeJS.WritableStream,
): KernelProcess {
  const memory = memoryCgroup();
  const killsBefore = memory.then((cgroup) => cgroup.oomKills());
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { env, cwd: '/', detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let tail = '';
  child.stdout.on('data', (chunk: Buffer) => output.write(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    output.write(chunk);
    tail = (tail + chunk.toString('utf8')).slice(-2000);
  });
  let alive = true;
  const exited = new Promise<KernelExit>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (!alive) return;
      alive = false;
      sweep();
      void verdict(code, signal).then((outOfMemory) =>
        resolve({ code, signal, outOfMemory, lastWords: lastLine(tail) }),
      );
    };
    child.once('error', (error) => {
      tail += error.message;
      end(127, null);
    });
    // 'exit', not 'close': a grandchild may hold the pipes for ever
    child.once('exit', (code, signal) =>
      setTimeout(() => end(code, signal), tail === '' && code !== 0 ? 20 : 0),
    );
  });
  const verdict = async (
    code: number | null,
    signal: NodeJS.Signals | null,
  ): Promise<KernelExit['outOfMemory']> => {
    if (signal !== 'SIGKILL' && code !== 137) return undefined;
    const cgroup = await memory;
    return (await cgroup.oomKills()) > (await killsBefore) ? { limit: await cgroup.limit() } : undefined;
  };
  const toGroup = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch (error) {
      // EPERM: all that is left of the group has become another user's
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    }
  };
  /** what the kernel left in its group goes with it */
  const sweep = (): void => toGroup('SIGKILL');
  return {
    pid: child.pid ?? 0,
    exited,
    signal: (signal) => {
      if (alive) toGroup(signal);
    },
    stop: (graceMs) => {
      if (!alive) return;
      toGroup('SIGTERM');
      setTimeout(() => {
        if (alive) toGroup('SIGKILL');
      }, graceMs).unref();
    },
  };
}
