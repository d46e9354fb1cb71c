import { once } from 'node:events';
import { isNativeError } from 'node:util/types';
import { constants, createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';
import type { Compression } from '@berth/schema';
import { LayerRefusal } from './layer-refusal.ts';
import { Unread } from './unread.ts';

type Decoder = Gunzip | ZstdDecompress;

/** Output buffers of 256 KiB: the default 16 KiB costs half as much again in hand-overs to the thread pool. */
const CHUNK = 256 * 1024;
const BUFFERS = { chunkSize: CHUNK, readableHighWaterMark: 2 * CHUNK, writableHighWaterMark: 2 * CHUNK };

/**
 * Largest zstd window: 64 MiB. Tools that write layers stay at or below 32 MiB; a frame may claim 2 GiB (T22).
 * Source: RFC 8878, 3.1.1.1.2, "Window Descriptor".
 */
const ZSTD_WINDOW_LOG = 26;

const DECODERS = {
  gzip: () => createGunzip(BUFFERS),
  zstd: () =>
    createZstdDecompress({
      ...BUFFERS,
      params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG },
    }),
} as const;

/**
 * Plain bytes of a layer. gzip: all members; zstd: all frames, also skippable ones. Bytes that cannot be decompressed do not
 * end the reading of `input`: it is drained first, so that whoever verifies it can say "wrong bytes" instead.
 * @throws LayerRefusal not in this compression, or cut short; what `input` throws
 */
export async function* decompress(
  input: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (compression === 'none') {
    yield* input;
    return;
  }
  const unread = new Unread(input);
  try {
    // Node's zstd stream ends after one frame without a word, its gunzip goes on by itself
    do yield* decodeOne(unread, DECODERS[compression]());
    while (compression === 'zstd' && (await unread.hasMore()));
    await unread.drain();
  } catch (error) {
    if (!isZlibError(error)) throw error;
    await unread.drain();
    throw new LayerRefusal(`it is not ${compression} data: ${error.message}`, undefined, { cause: error });
  } finally {
    unread.close();
  }
}

/** One stream of the decoder's; what stands behind its end goes back to `unread`. */
async function* decodeOne(unread: Unread, decoder: Decoder): AsyncGenerator<Uint8Array, void, undefined> {
  const fed: Fed = { chunks: [], end: 0 };
  const feeding = feed(unread, decoder, fed);
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) yield chunk;
  } finally {
    decoder.destroy();
  }
  await feeding;
  unread.giveBack(restOf(fed, decoder.bytesWritten));
}

/** What went into a decoder: the newest chunks, the last of which ends at `end`. */
interface Fed {
  chunks: Uint8Array[];
  end: number;
}

/** Never rejects: a failure of the input goes through the decoder to whoever reads it. */
async function feed(unread: Unread, decoder: Decoder, fed: Fed): Promise<void> {
  const closed = once(decoder, 'close').catch(() => undefined);
  try {
    for (;;) {
      const chunk = await unread.next();
      if (chunk === undefined) break;
      if (decoder.destroyed) return unread.giveBack([chunk]);
      fed.chunks = [...restOf(fed, decoder.bytesWritten, true), chunk];
      fed.end += chunk.length;
      if (!decoder.write(chunk)) await Promise.race([drained(decoder), closed]);
    }
    decoder.end();
  } catch (error) {
    decoder.destroy(error as Error);
  }
}

const drained = (decoder: Decoder): Promise<void> =>
  new Promise((resolve) => void decoder.once('drain', resolve));

/** The chunks behind the first `consumed` bytes; `whole` keeps the first of them uncut. */
function restOf(fed: Fed, consumed: number, whole = false): Uint8Array[] {
  let end = fed.end;
  let first = fed.chunks.length;
  while (first > 0 && end > consumed) end -= (fed.chunks[(first -= 1)] as Uint8Array).length;
  const rest = fed.chunks.slice(first);
  const cut = consumed - end;
  if (!whole && cut > 0 && rest[0] !== undefined) rest[0] = rest[0].subarray(cut);
  return rest;
}

const isZlibError = (error: unknown): error is Error =>
  isNativeError(error) && 'code' in error && /^(?:Z_|ZSTD_|ERR_ZLIB|ERR_TRAILING)/.test(String(error.code));
