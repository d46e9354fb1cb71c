import * as z from 'zod/mini';

const Kind = z.object({
  mediaType: z.optional(z.string()),
  layers: z.optional(z.array(z.unknown())),
  manifests: z.optional(z.array(z.unknown())),
});

/**
 * The media type of a manifest by its own word, or where it has none by its form, as the specification lets it be left out.
 * Whether word and form agree is for `resolveImage` to judge (T15). Source: OCI image-spec, manifest.md, "mediaType".
 */
export function manifestTypeOf(document: unknown): string | undefined {
  const kind = Kind.safeParse(document);
  if (!kind.success) return undefined;
  const { mediaType, layers, manifests } = kind.data;
  if (mediaType !== undefined) return mediaType;
  if (layers !== undefined) return 'application/vnd.oci.image.manifest.v1+json';
  return manifests === undefined ? undefined : 'application/vnd.oci.image.index.v1+json';
}
