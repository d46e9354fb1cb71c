import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { digestParts, Failure, isFailure, type Digest, type Limits, type Repository } from '@berth/schema';
import type { BlobSource } from './blob-source.ts';

export interface ReadBlobOptions {
  readonly signal?: AbortSignal | undefined;
  readonly limits: Pick<Limits, 'blobSeconds'>;
  /** bytes that came over the network, as they come */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** waits of milliseconds before going on after a broken connection; as many attempts in a row that brought little */
  readonly waits?: readonly number[];
}

/** Bytes after which a connection counts as having worked: a server may well end one that a slow reader holds up (T13, F7). */
const MUCH = 1024 ** 2;

type Blob = { readonly digest: Digest; readonly size: number; readonly mediaType?: string };

/**
 * The bytes of a blob, verified while they stream: the last chunk is handed out only after size and digest were found
 * right, so whoever reads to the end without a failure has the right bytes. A broken connection is taken up again where it
 * broke; a stalled or slow one ends at `limits.blobSeconds`.
 * @throws Failure `blob-digest-mismatch` | `blob-truncated` | `blob-too-long` | `limit-exceeded` | `cancelled` | what the source throws
 */
export async function* readBlob(
  source: BlobSource,
  repository: Repository,
  blob: Blob,
  options: ReadBlobOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { digest, size } = blob;
  const deadline = AbortSignal.timeout(options.limits.blobSeconds * 1000);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  const hash = createHash(digestParts(digest).algorithm);
  const allWaits = options.waits ?? [200, 1000, 4000];
  let waits = [...allWaits];
  let got = 0;
  let last: Uint8Array | undefined;
  const openFrom = async (start: number): Promise<AsyncIterable<Uint8Array>> => {
    const descriptor = { mediaType: 'application/octet-stream', ...blob };
    try {
      // a source hears only of an abort to come
      signal.throwIfAborted();
      return await source.open(repository, descriptor, signal, { start });
    } catch (error) {
      throw told(error, options, deadline);
    }
  };
  for (;;) {
    // its failures are final: the source has made its own attempts to reach its server
    const before = got;
    const body = await openFrom(before);
    try {
      for await (const chunk of body) {
        signal.throwIfAborted();
        got += chunk.length;
        options.onBytes?.(chunk.length);
        if (got > size) throw new Failure('blob-too-long', { digest, want: size });
        hash.update(chunk);
        if (last !== undefined) yield last;
        last = chunk;
      }
      if (got === size) break;
      throw new Failure('blob-truncated', { digest, got, want: size });
    } catch (error) {
      // an attempt that brought nothing is the last: the blob itself ends there
      const again = isPassing(error) && got > before && !signal.aborted;
      if (got - before >= MUCH) waits = [...allWaits];
      const wait = again ? waits.shift() : undefined;
      if (wait === undefined) throw told(error, options, deadline);
      await delay(wait, undefined, { signal }).catch((aborted: unknown) => {
        throw told(aborted, options, deadline);
      });
    }
  }
  const actual = `${digestParts(digest).algorithm}:${hash.digest('hex')}`;
  if (actual !== digest) throw new Failure('blob-digest-mismatch', { digest, actual });
  if (last !== undefined) yield last;
}

const isPassing = (error: unknown): boolean =>
  isFailure(error, 'source-unreachable') || isFailure(error, 'blob-truncated');

/** An abort in the words of the one who aborted. */
function told(error: unknown, options: ReadBlobOptions, deadline: AbortSignal): unknown {
  if (options.signal?.aborted) return new Failure('cancelled', {}, { cause: error });
  if (!deadline.aborted) return error;
  const limit = options.limits.blobSeconds;
  return new Failure(
    'limit-exceeded',
    { what: 'the seconds for one blob', limit, key: 'blobSeconds' },
    { cause: error },
  );
}
