import type { Readable, Writable } from 'node:stream';

/** Longest line that is read; an image with thousands of layers would not fit, nothing honest comes near. */
export const MAX_LINE = 4 * 1024 * 1024;

/** Parses one foreign message; throws when it is not one. */
export type ParseMessage<T> = (value: unknown) => T;

/**
 * Calls `receive` for each line of JSON, in order. Lines that are too long or not a message call `malformed`
 * and are dropped: on srun's stdout a prolog script may have written anything.
 */
export function readLines<T>(
  stream: Readable,
  parse: ParseMessage<T>,
  receive: (message: T) => void,
  malformed: (line: string) => void,
): void {
  let rest: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, at)]).toString('utf8');
      rest = [];
      length = 0;
      from = at + 1;
      deliver(line);
    }
    if (from < chunk.length && length <= MAX_LINE) {
      rest.push(chunk.subarray(from));
      length += chunk.length - from;
    }
  });
  const deliver = (line: string): void => {
    let message: T;
    try {
      message = parse(JSON.parse(line));
    } catch {
      malformed(line.slice(0, 300));
      return;
    }
    receive(message);
  };
}

/** Writes one message; a stream whose other end is gone is silently done with, its end is noticed elsewhere. */
export function writeLine(stream: Writable, message: object): void {
  if (stream.writable) stream.write(`${JSON.stringify(message)}\n`);
}
