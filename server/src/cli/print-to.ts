import { Failure } from '@berth/schema';

/** What of a stream printing needs. */
interface Output {
  on(event: 'error', listener: () => void): unknown;
  write(text: string, done: (error?: Error | null) => void): unknown;
}

/**
 * Prints to a stream; resolves when the text is taken. A stream tells a failed write twice, to the writer and as an event:
 * the event is not to end the process with a stack, since the writer's failure says it in words.
 * @throws Failure `output-lost`
 */
export function printTo(stream: Output): (text: string) => Promise<void> {
  stream.on('error', () => undefined);
  return (text) =>
    new Promise((resolve, reject) => {
      stream.write(text, (cause) => {
        if (!cause) return resolve();
        const why = 'code' in cause ? String(cause.code) : cause.message;
        reject(new Failure('output-lost', { why }, { cause }));
      });
    });
}
