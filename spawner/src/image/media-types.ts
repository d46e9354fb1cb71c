import type { Compression } from '@berth/schema';

/** Sources: OCI image-spec, media-types.md; Docker registry, "Image Manifest V 2, Schema 2". */
export const INDEX_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);
export const MANIFEST_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]);

export const isManifestType = (mediaType: string): boolean =>
  INDEX_TYPES.has(mediaType) || MANIFEST_TYPES.has(mediaType);

/** How a layer is compressed; undefined for what is no layer or may not be fetched here (foreign, encrypted). */
export function layerCompression(mediaType: string): Compression | undefined {
  switch (mediaType) {
    case 'application/vnd.oci.image.layer.v1.tar':
    case 'application/vnd.docker.image.rootfs.diff.tar':
      return 'none';
    case 'application/vnd.oci.image.layer.v1.tar+gzip':
    case 'application/vnd.docker.image.rootfs.diff.tar.gzip':
      return 'gzip';
    case 'application/vnd.oci.image.layer.v1.tar+zstd':
    case 'application/vnd.docker.image.rootfs.diff.tar.zstd':
      return 'zstd';
    default:
      return undefined;
  }
}

/** Layers that must be had from elsewhere by licence. Source: OCI image-spec, layer.md, "Non-Distributable Layers". */
export const isForeignLayer = (mediaType: string): boolean =>
  mediaType.includes('.nondistributable.') || mediaType.includes('.foreign.');
