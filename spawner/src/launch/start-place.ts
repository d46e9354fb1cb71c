import { spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';

/** The three ends of a berth-place that its agent has. */
export interface PlaceEnds {
  /** frames both ways; its end is the end of the place, and the other way round */
  readonly frames: Duplex;
  /** what the kernel writes to its standard output, and to its standard error */
  readonly output: Readable;
  readonly errors: Readable;
}

export interface StartedPlace extends PlaceEnds {
  /** Resolves when it has ended and taken everything with it, with what it said itself. */
  readonly ended: Promise<string>;
}

/** All that it needs to know, and passes on of the step's own. */
const PASSED = /^(?:PATH|USER|SLURMD?_.*)$/;

/** Starts `program` on this node, for a kernel or a mount of ours. `wrapper` is put before its command line. */
export function startPlace(
  program: string,
  env: Readonly<Record<string, string | undefined>>,
  wrapper: readonly string[] = [],
): StartedPlace {
  const [command = '', ...args] = [...wrapper, program, 'here'];
  const child = spawn(command, args, {
    env: Object.fromEntries(Object.entries(env).filter(([name]) => PASSED.test(name))),
    // a session of its own: the client interrupts our process group
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', () => resolve(said));
  });
  // the types know of fd 0 to 4 only, and nothing of what `stdio` above asked for: socket pairs, at least one way each
  const [frames, output, errors] = child.stdio.slice(3) as unknown as [Duplex, Readable, Readable];
  for (const end of [frames, output, errors]) end.on('error', () => undefined);
  return { frames, output, errors, ended };
}
