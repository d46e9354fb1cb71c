import type { Readable, Writable } from 'node:stream';

/** Longest line that is read; an image with thousands of layers would not fit, nothing honest comes near. */
export const MAX_LINE = 4 * 1024 * 1024;

/**
 * The lines of JSON on a stream, in order, until it ends. A line that is too long or no JSON calls `malformed` with its
 * beginning and is dropped: on srun's stdout a prolog script may have written anything.
 */
export async function* jsonLines(
  stream: Readable,
  malformed: (line: string) => void,
): AsyncGenerator<unknown, void> {
  let rest: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      const tooLong = length > MAX_LINE;
      const line = Buffer.concat([...rest, chunk.subarray(from, at)]).toString('utf8');
      rest = [];
      length = 0;
      from = at + 1;
      const value = tooLong ? undefined : parse(line);
      if (value === undefined) malformed(line.slice(0, 300));
      else yield value;
    }
    length += chunk.length - from;
    if (length <= MAX_LINE && from < chunk.length) rest.push(chunk.subarray(from));
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Writes one message; a stream whose other end is gone is silently done with, its end is noticed elsewhere. */
export function writeLine(stream: Writable, message: object): void {
  if (stream.writable) stream.write(`${JSON.stringify(message)}\n`);
}
