import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { printableLine } from './last-line.ts';
import { wordsOfSrun } from './srun-words.ts';

export interface SrunEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lastWords: string;
}

export interface SrunProcess {
  readonly input: Writable;
  readonly output: Readable;
  readonly ended: Promise<SrunEnd>;
  /** SIGTERM (a waiting job is given back, a step ends), then, after so many milliseconds, SIGKILL. May be called twice. */
  end(killAfterMs?: number): void;
}

const KILL_AFTER_MS = 1500;
/** So often is it looked at whether it has ended: on a machine that stood still, it had no time either. */
const LOOKS = 5;

/**
 * srun in a session of its own: the client interrupts our process group, and an srun that gets SIGINT twice gives up
 * its step. It is told to end when we die (SIGKILL included), so that a waiting job is given back at once.
 */
export function startSrun(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  errors: NodeJS.WritableStream,
): SrunProcess {
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...argv], {
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let tail = '';
  const words = wordsOfSrun();
  const pass = (chunk: Buffer): void => {
    if (chunk.length === 0) return;
    errors.write(chunk);
    tail = (tail + chunk.toString('utf8')).slice(-2000);
  };
  child.stderr.on('data', (chunk: Buffer) => pass(words.next(chunk)));
  child.stderr.on('end', () => pass(words.rest()));
  child.stdin.on('error', () => undefined);
  let alive = true;
  const ended = new Promise<SrunEnd>((resolve) => {
    const end = (status: number | null, signal: NodeJS.Signals | null): void => {
      alive = false;
      resolve({ status, signal, lastWords: lastSlurmLine(tail) });
    };
    child.once('error', (error) => {
      tail += `\n${error.message}`;
      end(127, null);
    });
    child.once('close', end);
  });
  return {
    input: child.stdin,
    output: child.stdout,
    ended,
    end: (killAfterMs = KILL_AFTER_MS) => {
      if (!alive) return;
      child.kill('SIGTERM');
      let looks = LOOKS;
      const timer = setInterval(() => {
        looks -= 1;
        if (alive && looks > 0) return;
        clearInterval(timer);
        if (alive) child.kill('SIGKILL');
      }, killAfterMs / LOOKS).unref();
    },
  };
}

/** srun's own last complaint, without its "srun: error: " in front; for people, never to decide by. */
export function lastSlurmLine(text: string): string {
  const lines = text.trim().split('\n');
  const last =
    // why a step ended, and not what srun says of its tasks afterwards
    lines.findLast((line) => /^slurmstepd[^ ]*: error: \*{3} /.test(line)) ??
    lines.findLast((line) => /^(?:srun|slurmstepd): /.test(line)) ??
    lines.at(-1) ??
    '';
  return printableLine(last.replace(/^(?:srun|slurmstepd[^ ]*): (?:error: )?/, ''));
}
