/** Where progress is told: a terminal, or a file that keeps all lines. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Progress {
  readonly say: (line: string) => void;
  /** Takes the moving line away, before something else is written to the same terminal. */
  readonly clear: () => void;
}

/**
 * One line for each step, with the seconds since the start; its details (indented lines) on one line that moves, so that
 * the steps stay readable. Where the lines are kept (no terminal), every detail is a line of its own.
 */
export function progress(screen: Screen, now: () => number = () => performance.now()): Progress {
  const began = now();
  const isTerminal = screen.isTTY ?? false;
  let moving = false;
  const clear = (): void => {
    if (moving) screen.write('\r\u001b[K');
    moving = false;
  };
  return {
    clear,
    say: (line) => {
      const text = `${((now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`;
      clear();
      moving = isTerminal && line.startsWith(' ');
      // one that wraps could not be erased; a terminal without a size says 0
      screen.write(moving ? text.slice(0, (screen.columns || 80) - 1) : `${text}\n`);
    },
  };
}
