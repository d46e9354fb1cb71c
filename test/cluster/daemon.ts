import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { identify, isAlive, signal, type ProcessIdentity } from './process-identity.ts';
import { until } from './until.ts';

/** One daemon in the foreground: our child, ended with us. */
export interface Daemon extends ProcessIdentity {
  readonly name: string;
  /** Waits until `ready` says so. Rejects, with the daemon's own last lines, when it exits first or takes too long. */
  waitReady(ready: () => boolean | Promise<boolean>, timeoutMs?: number): Promise<void>;
}

export interface DaemonCommand {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** its stdout and stderr go there */
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
}

// Not ours: REGISTRY_*, SLURM_* and MUNGE* variables of the caller would change what the daemons do.
const cleanEnvironment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', HOME: '/' };

/** Starts it so that the kernel sends SIGTERM when our process dies by whatever cause (prctl(2), PR_SET_PDEATHSIG). */
export async function startDaemon(command: DaemonCommand): Promise<Daemon> {
  const out = openSync(command.log, 'a', 0o644);
  const child = spawn('/usr/bin/setpriv', ['--pdeathsig', 'TERM', '--', ...command.argv], {
    stdio: ['ignore', out, out],
    env: { ...cleanEnvironment, ...command.env },
    cwd: '/',
    // Out of the terminal's process group: Ctrl-C is for the owner, who then ends the daemons in order.
    detached: true,
  });
  closeSync(out);
  let ended: string | null = null;
  child.once('exit', (status, signal) => (ended = `exit status ${status ?? signal}`));
  await new Promise((resolve, reject) => child.once('spawn', () => resolve(null)).once('error', reject));
  child.unref();
  const { name, log } = command;
  const pid = child.pid as number;
  return {
    name,
    pid,
    startTime: identify(pid)?.startTime ?? '',
    async waitReady(ready, timeoutMs = 60_000) {
      const isReady = await until(async () => ended !== null || (await ready()), timeoutMs);
      if (ended !== null) throw new Error(`${name} ended while starting (${ended})\n${lastLines(log)}`);
      if (!isReady) throw new Error(`${name} is not ready after ${timeoutMs} ms\n${lastLines(log)}`);
    },
  };
}

/** SIGTERM, then SIGKILL for those that are still there after `graceMs`. Idempotent. */
export async function stopProcesses(processes: readonly ProcessIdentity[], graceMs: number): Promise<void> {
  const gone = (): boolean => !processes.some(isAlive);
  for (const p of processes) signal(p, 'SIGTERM');
  if (await until(gone, graceMs)) return;
  for (const p of processes) signal(p, 'SIGKILL');
  if (await until(gone, 5_000)) return;
  throw new Error(
    `cannot end ${processes
      .filter(isAlive)
      .map((p) => p.pid)
      .join(', ')}`,
  );
}

function lastLines(file: string, count = 12): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count);
  return lines.map((line) => `  ${line}`).join('\n');
}
