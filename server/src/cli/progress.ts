import { printable } from '@berth/schema';

/** How far a long act is; only the newest text matters. */
export interface Progress {
  update(text: string): void;
  /** Ends the line that is being updated; may be called twice. */
  done(): void;
}

export interface ProgressOptions {
  readonly stream: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown };
  readonly quiet: boolean;
  /** monotonic milliseconds */
  readonly now: () => number;
}

/** Milliseconds between updates: of a line on a terminal, and of lines in a log. */
const TERMINAL_INTERVAL = 80;
const LOG_INTERVAL = 3000;

/** One updating line on a terminal; elsewhere a plain line every few seconds, the first one after as long. */
export function progressTo({ stream, quiet, now }: ProgressOptions): Progress {
  if (quiet) return { update: () => undefined, done: () => undefined };
  const terminal = stream.isTTY === true;
  let last = terminal ? -Infinity : now();
  let open = false;
  return {
    update: (text) => {
      if (now() - last < (terminal ? TERMINAL_INTERVAL : LOG_INTERVAL)) return;
      last = now();
      if (!terminal) {
        stream.write(`berth: ${printable(text)}\n`);
        return;
      }
      open = true;
      // erase the line, and never wrap: a wrapped line cannot be erased by one \r
      stream.write(`\r\u001b[2K${printable(text).slice(0, (stream.columns ?? 80) - 1)}`);
    },
    done: () => {
      if (open) stream.write('\r\u001b[2K');
      open = false;
    },
  };
}
