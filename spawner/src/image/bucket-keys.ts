import { digestParts, Repository, Tag, type Digest } from '@berth/schema';

/**
 * The layout of images in a bucket, below a prefix. Blobs are named by their digest and never change; a tag is one small
 * object, the only thing that does, so that people push at once without a lock and nobody reads half of anything.
 *
 *     oci-layout                 constant
 *     blobs/sha256/HEX           layers, configs, manifests, indexes
 *     tags/REPOSITORY/TAG        {"mediaType", "digest", "size"} of the manifest
 *
 * Refused: one index.json for all tags, as an OCI layout on disk has it: two pushes at once would need a lock, or lose a tag.
 */
export interface BucketKeys {
  readonly marker: string;
  /** what all keys of tags start with */
  readonly tags: string;
  blob(digest: Digest): string;
  tag(repository: Repository, tag: Tag): string;
  /** What a key of a tag names; undefined for a key that is none. */
  parseTag(key: string): { readonly repository: Repository; readonly tag: Tag } | undefined;
}

export const LAYOUT_MARKER = '{"imageLayoutVersion":"1.0.0"}';

export function bucketKeys(prefix: string): BucketKeys {
  const base = prefix === '' ? '' : `${prefix}/`;
  const tags = `${base}tags/`;
  return {
    marker: `${base}oci-layout`,
    tags,
    blob: (digest) => {
      const { algorithm, hex } = digestParts(digest);
      return `${base}blobs/${algorithm}/${hex}`;
    },
    tag: (repository, tag) => `${tags}${repository}/${tag}`,
    parseTag: (key) => {
      if (!key.startsWith(tags)) return undefined;
      const at = key.lastIndexOf('/');
      const repository = Repository.safeParse(key.slice(tags.length, Math.max(at, tags.length)));
      const tag = Tag.safeParse(key.slice(at + 1));
      return repository.success && tag.success ? { repository: repository.data, tag: tag.data } : undefined;
    },
  };
}
