import * as z from 'zod/mini';

/**
 * Content digest, `algorithm:hex` in lower case. Only the registered algorithms that we can verify are admitted;
 * the expression is checked before a digest gets near a path or a URL (T16).
 * Source: OCI image-spec, descriptor.md, "Digests".
 */
export const Digest = z
  .string()
  .check(z.regex(/^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/, 'not a sha256 or sha512 digest'))
  .brand<'Digest'>();
export type Digest = z.infer<typeof Digest>;

export type DigestAlgorithm = 'sha256' | 'sha512';

/** The two parts of a digest; `hex` is safe as a file name. */
export function digestParts(digest: Digest): { readonly algorithm: DigestAlgorithm; readonly hex: string } {
  const colon = digest.indexOf(':');
  return { algorithm: digest.slice(0, colon) as DigestAlgorithm, hex: digest.slice(colon + 1) };
}

/** The first twelve hex digits: how people see a digest. */
export const shortDigest = (digest: Digest): string => digestParts(digest).hex.slice(0, 12);
