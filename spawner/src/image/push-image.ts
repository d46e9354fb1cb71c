import type { Digest, ImageRef, Limits, Platform, Repository, Tag } from '@berth/schema';
import type { BlobSource, Descriptor } from './blob-source.ts';
import type { ImageTarget } from './bucket-writer.ts';
import { readBlob } from './read-blob.ts';
import { findImage } from './resolve-image.ts';

export interface PushedImage {
  readonly source: BlobSource;
  /** what of it; its tag or digest is resolved once */
  readonly ref: ImageRef;
}

export interface PushOptions {
  readonly platform: Platform;
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
  /** upload also what the target has already */
  readonly again?: boolean;
  readonly onProgress?: ((progress: PushProgress) => void) | undefined;
}

/**
 * Reading is paced by sending, and a slow line may need hours for one blob: whoever pushes sees how it goes and can stop it. A
 * side that says nothing ends the push by its own `timeout`.
 */
const BLOB_SECONDS = 7 * 86_400;

/** In bytes: what the image has in all, what has been sent, and what was there already. */
export interface PushProgress {
  readonly total: number;
  readonly sent: number;
  readonly there: number;
}

export interface Pushed extends PushProgress {
  readonly digest: Digest;
}

/**
 * Bring one image (that for `platform`) to a target: blobs first, then the manifest, then the tag, so that at no moment a
 * reader finds something that lacks a part. Every byte is verified on its way. What is there already is not sent again, which
 * is also how an interrupted push goes on.
 * @throws Failure as `findImage`, `readBlob` and the target
 */
export async function pushImage(
  { source, ref }: PushedImage,
  target: ImageTarget,
  as: { readonly repository: Repository; readonly tag: Tag },
  options: PushOptions,
): Promise<Pushed> {
  const { signal, limits } = options;
  const { manifest, document } = await findImage(source, ref, options);
  const { config, layers } = document;
  const blobs = [...new Map([config, ...layers].map((blob) => [blob.digest, blob])).values()];
  const patient = { ...limits, blobSeconds: BLOB_SECONDS };
  const meter = new Meter([...blobs, manifest], options.onProgress);
  for (const blob of [...blobs, manifest]) {
    const { mediaType, digest, size } = blob;
    if (options.again !== true && (await target.has(blob, signal))) {
      meter.isThere(size);
      continue;
    }
    const bytes = (): AsyncIterable<Uint8Array> => {
      meter.begin();
      const onBytes = (count: number): void => meter.send(count);
      const read = { mediaType: blob === manifest ? mediaType : 'application/octet-stream', digest, size };
      return readBlob(source, ref.repository, read, { signal, limits: patient, onBytes });
    };
    await target.putBlob(blob, bytes, { signal, again: options.again === true });
    meter.end(size);
  }
  await target.putTag(as.repository, as.tag, manifest, signal);
  return { digest: manifest.digest, ...meter.progress };
}

/** Counts, also when a blob has to begin anew. */
class Meter {
  readonly #total: number;
  readonly #tell: ((progress: PushProgress) => void) | undefined;
  #sent = 0;
  #there = 0;
  #current = 0;

  constructor(blobs: readonly Descriptor[], tell: ((progress: PushProgress) => void) | undefined) {
    this.#total = blobs.reduce((sum, { size }) => sum + size, 0);
    this.#tell = tell;
  }

  get progress(): PushProgress {
    return { total: this.#total, sent: this.#sent + this.#current, there: this.#there };
  }

  isThere(size: number): void {
    this.#there += size;
    this.#tell?.(this.progress);
  }

  begin(): void {
    this.#current = 0;
  }

  send(count: number): void {
    this.#current += count;
    this.#tell?.(this.progress);
  }

  end(size: number): void {
    this.#current = 0;
    this.#sent += size;
    this.#tell?.(this.progress);
  }
}
