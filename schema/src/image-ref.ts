import * as z from 'zod/mini';
import { Digest } from './digest.ts';
import { Failure } from './failure.ts';

/** Name of a configured source: the first component of every image reference. */
export const SourceAlias = z
  .string()
  .check(z.regex(/^[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?$/, 'lower case letters, digits, ".", "_", "-"'))
  .brand<'SourceAlias'>();
export type SourceAlias = z.infer<typeof SourceAlias>;

/** Source: OCI distribution-spec, "Pulling manifests": `<name>`; at most 255 characters. */
export const Repository = z
  .string()
  .check(
    z.maxLength(255),
    z.regex(
      /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/,
      'must be lower-case letters, digits and single ".", "_", "-" between them, in parts divided by "/"',
    ),
  )
  .brand<'Repository'>();
export type Repository = z.infer<typeof Repository>;

/** Source: OCI distribution-spec, `<reference>` as a tag. */
export const Tag = z
  .string()
  .check(z.regex(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/, 'not a tag'))
  .brand<'Tag'>();
export type Tag = z.infer<typeof Tag>;

/** An image as typed: `alias/repository:tag`, `alias/repository@digest` or both; the tag defaults to `latest`. */
export const ImageRef = z.readonly(
  z.object({ source: SourceAlias, repository: Repository, tag: z.optional(Tag), digest: z.optional(Digest) }),
);
export type ImageRef = z.infer<typeof ImageRef>;

/**
 * Parse what a person typed.
 * @throws Failure `image-ref-invalid`
 */
export function parseImageRef(text: string): ImageRef {
  const at = text.indexOf('@');
  const name = at < 0 ? text : text.slice(0, at);
  const slash = name.indexOf('/');
  const colon = name.lastIndexOf(':');
  const hasTag = colon > slash;
  const candidate = {
    source: name.slice(0, Math.max(slash, 0)),
    repository: name.slice(slash + 1, hasTag ? colon : undefined),
    ...(hasTag ? { tag: name.slice(colon + 1) } : at < 0 ? { tag: 'latest' } : {}),
    ...(at < 0 ? {} : { digest: text.slice(at + 1) }),
  };
  if (slash < 0)
    throw new Failure('image-ref-invalid', {
      text: text.slice(0, 300),
      why: 'it has no "/REPOSITORY" behind the source',
    });
  const parsed = ImageRef.safeParse(candidate);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Failure('image-ref-invalid', {
      text: text.slice(0, 300),
      why: issue ? `${issue.path.join('.')}: ${issue.message}` : 'malformed',
    });
  }
  return parsed.data;
}

/** The inverse of `parseImageRef`. */
export function formatImageRef(ref: ImageRef): string {
  return `${ref.source}/${ref.repository}${ref.tag ? `:${ref.tag}` : ''}${ref.digest ? `@${ref.digest}` : ''}`;
}
