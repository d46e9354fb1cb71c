/** Where progress is told: a terminal, or a file that keeps all lines. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/**
 * One line for each step, with the seconds since the start; its details (indented lines) on one line that moves, so that
 * the steps stay readable. Where the lines are kept (no terminal), every detail is a line of its own.
 */
export function progress(
  screen: Screen,
  now: () => number = () => performance.now(),
): (line: string) => void {
  const began = now();
  const isTerminal = screen.isTTY ?? false;
  let moving = false;
  return (line) => {
    const text = `${((now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`;
    const erase = moving ? '\r\u001b[K' : '';
    moving = isTerminal && line.startsWith(' ');
    // one that wraps could not be erased
    screen.write(moving ? erase + text.slice(0, (screen.columns ?? 80) - 1) : `${erase}${text}\n`);
  };
}
