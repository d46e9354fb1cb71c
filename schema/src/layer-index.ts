import * as z from 'zod/mini';
import { Digest } from './digest.ts';

/**
 * One entry of a layer, path relative to the image's root without leading or trailing slash, `.` and `..` resolved
 * away or refused. `whiteout` hides `path` of lower layers, `opaque` hides all lower children of the directory `path`.
 * Source: OCI image-spec, layer.md, "Whiteouts".
 */
export const LayerEntry = z.discriminatedUnion('type', [
  z.object({ type: z.literal('file'), path: z.string(), mode: z.number(), size: z.number() }),
  z.object({ type: z.literal('directory'), path: z.string(), mode: z.number() }),
  z.object({ type: z.literal('symlink'), path: z.string(), target: z.string() }),
  z.object({ type: z.literal('hardlink'), path: z.string(), target: z.string() }),
  z.object({ type: z.literal('whiteout'), path: z.string() }),
  z.object({ type: z.literal('opaque'), path: z.string() }),
]);
export type LayerEntry = z.infer<typeof LayerEntry>;

/**
 * What one layer says, immutable; the key is (digest, scanner). `bodies` holds the few small files that matter
 * (kernel.json, pyvenv.cfg, METADATA, ...), base64, by path. Left out: the digest of the uncompressed tar (diff_id), a
 * second hash over four times the bytes that would tell nothing the verified blob does not.
 */
export const LayerIndex = z.readonly(
  z.object({
    digest: Digest,
    scanner: z.number(),
    /** bytes of the uncompressed tar */
    size: z.number(),
    entries: z.readonly(z.array(LayerEntry)),
    bodies: z.readonly(z.record(z.string(), z.string())),
  }),
);
export type LayerIndex = z.infer<typeof LayerIndex>;

/** All layers of an image merged, whiteouts applied: path -> what is there and which layer put it there. */
export const ImageTreeNode = z.readonly(
  z.object({
    type: z.enum(['file', 'directory', 'symlink']),
    mode: z.number(),
    size: z.optional(z.number()),
    target: z.optional(z.string()),
    layer: Digest,
  }),
);
export type ImageTreeNode = z.infer<typeof ImageTreeNode>;
