import { isFailure } from '@berth/schema';

/** Exit status for a fault of ours. Source: sysexits.h, EX_SOFTWARE. */
const SOFTWARE_FAULT = 70;

/** A failure as two lines for people: what, and what to do. */
export function failureText(error: unknown, debug: boolean): { text: string; status: number } {
  if (isFailure(error))
    return { text: `berth: ${error.message}\nberth: ${error.hint}\n`, status: error.sheet.exit };
  const { message, stack = '' } = error instanceof Error ? error : { message: String(error) };
  const text = `berth: ${message}\nberth: This is a fault of Berth; please report it${debug ? `:\n${stack}` : ' (BERTH_DEBUG=1 shows where)'}.\n`;
  return { text, status: SOFTWARE_FAULT };
}

/** The one way out of every command: runs it, tells a failure, ends with its status once all is written. */
export function exitWith(command: Promise<number>): void {
  command.then(
    (status) => process.stderr.write('', () => process.exit(status)),
    (error: unknown) => {
      const { text, status } = failureText(error, process.env['BERTH_DEBUG'] === '1');
      process.stderr.write(text, () => process.exit(status));
    },
  );
}
