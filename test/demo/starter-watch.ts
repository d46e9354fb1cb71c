import { isatty } from 'node:tty';
import { identify, isAlive, readStat, type ProcessIdentity } from '../cluster/process-identity.ts';

/** Who started the demo: what must stay for it to go on. */
export interface Starter {
  /** the processes above it in the same job of a shell: npm, a shell, what `su -c` or `ssh HOST COMMAND` started */
  readonly above: readonly ProcessIdentity[];
  /** its streams that are a terminal, by number */
  readonly terminals: readonly number[];
}

export function starter(pid: number = process.pid): Starter {
  return { above: jobAbove(pid), terminals: [0, 1, 2].filter((stream) => isatty(stream)) };
}

/**
 * Ends at the first process group that is another's: a shell with job control may end before its jobs (nohup), and tells
 * them with SIGHUP when not.
 */
function jobAbove(pid: number): readonly ProcessIdentity[] {
  const own = readStat(pid);
  const above: ProcessIdentity[] = [];
  for (let stat = own; stat !== null && stat.parent > 1;) {
    const parent = identify(stat.parent);
    stat = readStat(stat.parent);
    if (parent === null || stat?.group !== own?.group) break;
    above.push(parent);
  }
  return above;
}

/**
 * Whether all of that is there. Signals alone do not tell: `su USER -c …` runs the command in a session of its own, so
 * that a Ctrl-C reaches only su, which ends its shell and, 2 s later, kills it; npm and what it runs live on. And su blocks
 * the SIGHUP of a terminal that was closed. A terminal that is gone is none any more; to read from it would stop a job in
 * the background.
 */
export function isThere({ above, terminals }: Starter): boolean {
  return above.every(isAlive) && terminals.every((stream) => isatty(stream));
}

/** Calls `gone` once when not. */
export function watchStarter(gone: () => void, there: () => boolean, intervalMs = 500): { stop(): void } {
  const timer = setInterval(() => {
    if (there()) return;
    clearInterval(timer);
    gone();
  }, intervalMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
