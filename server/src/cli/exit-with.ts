import { isFailure, printable } from '@berth/schema';

/** Exit status for a fault of ours. Source: sysexits.h, EX_SOFTWARE. */
const SOFTWARE_FAULT = 70;

/** 128 + SIGPIPE: what a program ends with whose reader has gone, as in `berth images ls | head`. It says nothing. */
const READER_GONE = 141;

/** A failure as two lines for people: what, and what to do. With `debug` also what was behind it, down to the first cause. */
export function failureText(error: unknown, debug: boolean): { text: string; status: number } {
  const lines = isFailure(error)
    ? [error.message, error.hint]
    : [
        error instanceof Error ? error.message : String(error),
        `This is a fault of Berth; please report it${debug ? '' : ' (BERTH_DEBUG=1 shows where)'}.`,
      ];
  const behind = debug ? stacks(error) : [];
  const text = [...lines.map((line) => `berth: ${printable(line)}`), ...behind]
    .map((line) => `${line}\n`)
    .join('');
  if (!isFailure(error)) return { text, status: SOFTWARE_FAULT };
  return isReaderGone(error) ? { text: '', status: READER_GONE } : { text, status: error.sheet.exit };
}

const isReaderGone = ({ code, cause }: { readonly code: string; readonly cause?: unknown }): boolean =>
  code === 'output-lost' &&
  typeof cause === 'object' &&
  cause !== null &&
  'code' in cause &&
  cause.code === 'EPIPE';

/** Of an error and its causes; a chain that bites its tail ends. */
function stacks(error: unknown): readonly string[] {
  const chain: unknown[] = [];
  for (let one = error; one !== undefined && !chain.includes(one);) {
    chain.push(one);
    one = one instanceof Error ? one.cause : undefined;
  }
  return chain.flatMap((one, at) => {
    const lines = (one instanceof Error ? (one.stack ?? one.message) : String(one)).split('\n');
    return lines.map((line, row) => printable(at > 0 && row === 0 ? `caused by ${line}` : line));
  });
}

/** The one way out of every command: runs it, tells a failure, ends with its status once all is written. */
export function exitWith(command: Promise<number>): void {
  // whoever would read what we say has gone: then nobody is told, and the status stays what it is
  process.stderr.on('error', () => undefined);
  command.then(
    (status) => process.stderr.write('', () => process.exit(status)),
    (error: unknown) => {
      const { text, status } = failureText(error, process.env['BERTH_DEBUG'] === '1');
      process.stderr.write(text, () => process.exit(status));
    },
  );
}
