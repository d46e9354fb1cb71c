import type { BlobSource, Descriptor } from './blob-source.ts';

/** An image on disk by the names that it has there. */
export interface LocalImage {
  readonly names: readonly string[];
  readonly descriptor: Descriptor;
}

/** Images on disk as a source. Their repository does not matter, and a tag names nothing: take one of `images`. */
export interface LocalImages extends BlobSource {
  readonly images: readonly LocalImage[];
}
