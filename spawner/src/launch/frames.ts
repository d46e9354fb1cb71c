import type { Readable, Writable } from 'node:stream';

/**
 * How launcher, place and agent talk where bytes must stay bytes: one letter, four bytes of length (big endian), so many
 * bytes. The other end is frames.c. What each letter means is in place-events.ts and holder.c.
 */
export interface Frame {
  readonly type: string;
  readonly data: Buffer;
}

const HEADER = 5;
/** As in frames.h; no honest frame comes near. */
const MOST = 8 * 1024 * 1024;

/** A stream whose other end is gone is silently done with, its end is noticed elsewhere. */
export function writeFrame(
  stream: Writable,
  type: string,
  data: string | readonly number[] | Uint8Array = '',
): void {
  if (!stream.writable) return;
  const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data);
  const header = Buffer.alloc(HEADER, type);
  header.writeUInt32BE(bytes.length, 1);
  stream.write(Buffer.concat([header, bytes]));
}

/**
 * The frames on a stream, in order, until it ends, however that happens. Who stops listening leaves the stream open: its
 * end would be the end of what is at the other side. @throws when it is no such stream
 */
export async function* readFrames(stream: Readable): AsyncGenerator<Frame, void> {
  let bytes: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  for await (const chunk of untilClosed(stream)) {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    let at = 0;
    for (let size = sizeAt(bytes, at); size !== undefined; size = sizeAt(bytes, at)) {
      const from = at + HEADER;
      yield { type: String.fromCharCode(bytes[at] ?? 0), data: bytes.subarray(from, from + size) };
      at = from + size;
    }
    bytes = bytes.subarray(at);
  }
}

async function* untilClosed(stream: Readable): AsyncGenerator<Buffer, void> {
  try {
    yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // EPIPE: what was written to one that never began
    if (code !== 'ECONNRESET' && code !== 'EPIPE' && code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

/** Length of the frame that begins there; undefined while it is not whole. */
function sizeAt(bytes: Buffer, at: number): number | undefined {
  if (bytes.length - at < HEADER) return undefined;
  const size = bytes.readUInt32BE(at + 1);
  if (size > MOST) throw new Error(`a frame of ${size} bytes`);
  return bytes.length - at - HEADER < size ? undefined : size;
}
