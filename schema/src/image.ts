import * as z from 'zod/mini';
import { Digest } from './digest.ts';
import { ImageRef } from './image-ref.ts';

/** Source: OCI image-spec, image-index.md, `platform`. */
export const Platform = z.readonly(
  z.object({ os: z.string(), architecture: z.string(), variant: z.optional(z.string()) }),
);
export type Platform = z.infer<typeof Platform>;

export const Compression = z.enum(['gzip', 'zstd', 'none']);
export type Compression = z.infer<typeof Compression>;

/** One layer blob of an image, bottom first in `Image.layers`. `size` in bytes, compressed. */
export const Layer = z.readonly(
  z.object({ digest: Digest, size: z.number(), mediaType: z.string(), compression: Compression }),
);
export type Layer = z.infer<typeof Layer>;

/** What of the image's config we use. Source: OCI image-spec, config.md. */
export const ImageConfig = z.readonly(
  z.object({
    env: z.readonly(z.record(z.string(), z.string())),
    workingDir: z.string(),
    user: z.string(),
    labels: z.readonly(z.record(z.string(), z.string())),
    created: z.optional(z.string()),
  }),
);
export type ImageConfig = z.infer<typeof ImageConfig>;

/** A resolved image: nothing in it can change any more. `digest` is the platform manifest's. */
export const Image = z.readonly(
  z.object({
    ref: ImageRef,
    digest: Digest,
    /** digest of the index the tag pointed at, when there was one */
    indexDigest: z.optional(Digest),
    configDigest: Digest,
    platform: Platform,
    config: ImageConfig,
    layers: z.readonly(z.array(Layer)),
  }),
);
export type Image = z.infer<typeof Image>;
