import { Failure, formatImageRef, type ImageRef, type Layer } from '@berth/schema';
import type { Descriptor } from './blob-source.ts';
import { isForeignLayer, layerCompression } from './media-types.ts';

/** The layers of a manifest, bottom first. @throws Failure `manifest-invalid` for a layer that we cannot read */
export function layersOf(ref: ImageRef, layers: readonly Descriptor[]): readonly Layer[] {
  if (layers.length === 0) throw refused(ref, 'it has no layers');
  return layers.map(({ digest, size, mediaType }) => {
    if (isForeignLayer(mediaType)) {
      throw refused(ref, `layer ${digest} is non-distributable and has to be had from elsewhere`);
    }
    const compression = layerCompression(mediaType);
    if (compression === undefined)
      throw refused(ref, `layer ${digest} is of the unknown type "${mediaType}"`);
    return { digest, size, mediaType, compression };
  });
}

const refused = (ref: ImageRef, why: string): Failure =>
  new Failure('manifest-invalid', { ref: formatImageRef(ref), why });
