import {
  Failure,
  formatImageRef,
  type Digest,
  type Image,
  type ImageRef,
  type Limits,
  type Platform,
} from '@berth/schema';
import type { BlobSource, Descriptor } from './blob-source.ts';
import { imageConfig } from './image-config.ts';
import { layersOf } from './image-layers.ts';
import { ConfigDocument, IndexDocument, ManifestDocument } from './manifest.ts';
import { INDEX_TYPES, isManifestType } from './media-types.ts';
import { formatPlatform, platformFit } from './platform.ts';
import { readVerified } from './read-verified.ts';

export interface ResolveOptions {
  readonly platform: Platform;
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
  /** bytes of documents that came over the network */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** Indexes inside indexes; more is a maze, not an image (T21). */
const INDEX_DEPTH = 3;

interface Search extends ResolveOptions {
  readonly source: BlobSource;
  readonly ref: ImageRef;
  /** digests on the way here */
  readonly seen: ReadonlySet<Digest>;
}

/** An image with the document that it is, as who copies it needs it. */
export interface FoundImage {
  readonly image: Image;
  readonly manifest: Descriptor;
  readonly document: ManifestDocument;
}

/** As `findImage`, the image alone. */
export const resolveImage = async (
  source: BlobSource,
  ref: ImageRef,
  options: ResolveOptions,
): Promise<Image> => (await findImage(source, ref, options)).image;

/**
 * What an image reference means now, by digests: tag -> index -> manifest for `platform` -> config. Each document is verified
 * against the digest that named it.
 * @throws Failure `image-missing` | `platform-missing` | `manifest-invalid` | `limit-exceeded` | what the source throws
 */
export async function findImage(
  source: BlobSource,
  ref: ImageRef,
  options: ResolveOptions,
): Promise<FoundImage> {
  const { repository, tag, digest } = ref;
  const reference = digest ?? tag;
  if (reference === undefined) throw refused(ref, 'it names neither tag nor digest');
  const top = await source.resolve(repository, reference, options.signal);
  const search: Search = { ...options, source, ref, seen: new Set() };
  const found = await manifestFor(search, top);
  const { config, layers } = found.document;
  const json = await readVerified(source, repository, { ...config, mediaType: 'application/json' }, options);
  const parsed = ConfigDocument.safeParse(json);
  if (!parsed.success) throw refused(ref, `its config: ${parsed.error.issues[0]?.message ?? 'malformed'}`);
  const platform = platformOf(search, parsed.data);
  const { manifest } = found;
  const image = {
    ref,
    digest: manifest.digest,
    ...(manifest.digest === top.digest ? {} : { indexDigest: top.digest }),
    configDigest: config.digest,
    platform,
    config: imageConfig(parsed.data),
    layers: layersOf(ref, layers),
  };
  return { image, ...found };
}

type FoundManifest = Omit<FoundImage, 'image'>;

async function manifestFor(search: Search, descriptor: Descriptor): Promise<FoundManifest> {
  const { source, ref } = search;
  const json = await readVerified(source, ref.repository, descriptor, search);
  checkKind(ref, json, descriptor.mediaType);
  if (INDEX_TYPES.has(descriptor.mediaType)) return manifestFromIndex(search, descriptor, json);
  const manifest = ManifestDocument.safeParse(json);
  if (!manifest.success) throw refused(ref, issueText(manifest.error));
  return { manifest: descriptor, document: manifest.data };
}

/** One document, one kind: what could be read as either is refused (CVE-2021-41190, T15). */
function checkKind(ref: ImageRef, json: unknown, mediaType: string): void {
  const document = (typeof json === 'object' ? json : null) ?? {};
  if ('layers' in document && 'manifests' in document)
    throw refused(ref, 'it has both "layers" and "manifests"');
  if ('schemaVersion' in document && document.schemaVersion !== 2)
    throw refused(ref, 'its schemaVersion is not 2');
  if ('mediaType' in document && document.mediaType !== mediaType) {
    throw refused(ref, `it says of itself that it is "${String(document.mediaType)}", not "${mediaType}"`);
  }
}

async function manifestFromIndex(
  search: Search,
  descriptor: Descriptor,
  json: unknown,
): Promise<FoundManifest> {
  const { ref, platform, limits } = search;
  const seen = new Set(search.seen).add(descriptor.digest);
  if (seen.size > INDEX_DEPTH) throw refused(ref, `its indexes are nested deeper than ${INDEX_DEPTH}`);
  const index = IndexDocument.safeParse(json);
  if (!index.success) throw refused(ref, issueText(index.error));
  const all = index.data.manifests;
  if (all.length > limits.indexEntries) {
    throw new Failure('limit-exceeded', {
      what: 'an index',
      limit: limits.indexEntries,
      key: 'indexEntries',
    });
  }
  // attestations (unknown/unknown) and what we cannot read are no candidates
  const readable = all.filter((entry) => isManifestType(entry.mediaType) && entry.platform?.os !== 'unknown');
  const best = bestFit(readable, platform) ?? onlyWithoutPlatform(readable);
  if (best === undefined) throw platformMissing(search, readable);
  if (seen.has(best.digest)) throw refused(ref, 'its indexes go in a circle');
  return manifestFor(
    { ...search, seen },
    { mediaType: best.mediaType, digest: best.digest, size: best.size },
  );
}

type IndexEntry = IndexDocument['manifests'][number];

/** The first of those that fit best, as the specification asks. */
function bestFit(entries: readonly IndexEntry[], wanted: Platform): IndexEntry | undefined {
  return (
    entries.find((entry) => platformFit(entryPlatform(entry), wanted) === 2) ??
    entries.find((entry) => platformFit(entryPlatform(entry), wanted) === 1)
  );
}

/** A single entry without a platform: its config, or the index it leads to, will tell. */
const onlyWithoutPlatform = (entries: readonly IndexEntry[]): IndexEntry | undefined =>
  entries.length === 1 && !entries[0]?.platform ? entries[0] : undefined;

const entryPlatform = ({ platform }: IndexEntry): Partial<Platform> | undefined => {
  if (!platform) return undefined;
  const { os, architecture, variant } = platform;
  return {
    ...(os ? { os } : {}),
    ...(architecture ? { architecture } : {}),
    ...(variant ? { variant } : {}),
  };
};

/** What the config says; a config without a platform (old tools) is taken for the wanted one. */
function platformOf(search: Search, config: ConfigDocument): Platform {
  const { os, architecture, variant } = config;
  if (!os || !architecture) return search.platform;
  const platform = { os, architecture, ...(variant ? { variant } : {}) };
  if (platformFit(platform, search.platform) === 0) throw platformMissing(search, [{ platform }]);
  return platform;
}

function platformMissing(
  { ref, platform }: Search,
  entries: readonly Pick<IndexEntry, 'platform'>[],
): Failure {
  const names = entries.map((entry) =>
    [entry.platform?.os ?? '?', entry.platform?.architecture ?? '?'].join('/'),
  );
  const has = [...new Set(names)].slice(0, 20).join(', ') || 'nothing that can run';
  return new Failure('platform-missing', {
    ref: formatImageRef(ref),
    platform: formatPlatform(platform),
    has,
  });
}

const refused = (ref: ImageRef, why: string): Failure =>
  new Failure('manifest-invalid', { ref: formatImageRef(ref), why });

const issueText = (error: {
  readonly issues: readonly { readonly path: PropertyKey[]; readonly message: string }[];
}): string =>
  error.issues[0] ? `${error.issues[0].path.join('.')}: ${error.issues[0].message}` : 'malformed';
