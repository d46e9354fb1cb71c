export type { BlobSource, ByteRange, Descriptor } from './blob-source.ts';
export { fetchBlob } from './fetch-blob.ts';
export { readBlob, type ReadBlobOptions } from './read-blob.ts';
export { readVerified, type ReadVerifiedOptions } from './read-verified.ts';
export { decompress } from './decompress.ts';
export { LayerRefusal, layerFailure } from './layer-refusal.ts';
export { encodeTarEntry, type TarEntry, type TarEntryType } from './tar-entry.ts';
export { encodeTarHeader, paddingOf, TAR_END, type TarHeader } from './tar-header.ts';
export { decodeName, encodeName } from './tar-name.ts';
export { TarWalker, type TarLimits, type TarVisitor } from './tar-walker.ts';
export { walkTar } from './walk-tar.ts';
export { credentialFiles, credentialLookup, type CredentialLookup, type Credentials } from './credentials.ts';
export { openRegistry, type RegistryDeps } from './registry.ts';
export { openSource, type SourceDeps } from './open-source.ts';
export type { AwsKeys, KeyLookup } from './aws-keys.ts';
export type { SecretLookups } from './source-secrets.ts';
export type { OnNotice } from './registry-listing.ts';
export { indexLayer, SCANNER, type IndexedLayer, type IndexLayerOptions } from './index-layer.ts';
export type { ImageTree } from './image-tree.ts';
export {
  indexImage,
  layerIndexer,
  type LayerIndexer,
  type LayerIndexerOptions,
  type LayerPlace,
} from './layer-indexer.ts';
export { jsonDepth } from './json-depth.ts';
export { layerEntry } from './layer-entry.ts';
export { mergeLayers, mergeNodes } from './merge-layers.ts';
export { followPath, newDirectory, partsOf, type TreeDirectory, type TreeNode } from './tree-node.ts';
export { formatPlatform, parsePlatform } from './platform.ts';
export { resolveImage, type ResolveOptions } from './resolve-image.ts';
export type { LocalImages } from './local-image.ts';
export { chooseImage, openLocalImages } from './local-images.ts';
export { pushImage, type Pushed, type PushProgress } from './push-image.ts';
export type { ImageTarget } from './bucket-writer.ts';
export { openTarget } from './open-source.ts';
