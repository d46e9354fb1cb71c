import { Digest } from '@berth/schema';
import * as z from 'zod/mini';

const size = z.int().check(z.nonnegative());
const DescriptorDocument = z.object({ mediaType: z.string(), digest: Digest, size });

const PlatformDocument = z.object({
  os: z.optional(z.string()),
  architecture: z.optional(z.string()),
  variant: z.optional(z.string()),
});

/** Source: OCI image-spec, image-index.md. */
export const IndexDocument = z.object({
  mediaType: z.optional(z.string()),
  manifests: z.array(z.extend(DescriptorDocument, { platform: z.nullish(PlatformDocument) })),
});
export type IndexDocument = z.infer<typeof IndexDocument>;

/** Source: OCI image-spec, manifest.md. */
export const ManifestDocument = z.object({
  mediaType: z.optional(z.string()),
  config: DescriptorDocument,
  layers: z.array(DescriptorDocument),
});
export type ManifestDocument = z.infer<typeof ManifestDocument>;

/** Source: OCI image-spec, config.md. */
export const ConfigDocument = z.object({
  os: z.optional(z.string()),
  architecture: z.optional(z.string()),
  variant: z.optional(z.string()),
  created: z.nullish(z.string()),
  config: z.nullish(
    z.object({
      Env: z.nullish(z.array(z.string())),
      WorkingDir: z.nullish(z.string()),
      User: z.nullish(z.string()),
      Labels: z.nullish(z.record(z.string(), z.string())),
    }),
  ),
});
export type ConfigDocument = z.infer<typeof ConfigDocument>;
