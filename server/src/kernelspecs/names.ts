import { createHash } from 'node:crypto';

/** What a kernelspec's directory is named by: never by version, digest or neighbours, so that notebooks keep working. */
export interface SpecIdentity {
  readonly source: string;
  readonly repository: string;
  readonly tag: string;
  readonly kernelId: string;
}

/** Readable part; with `-` and eight hex digits the name stays within 64 characters. */
const SLUG_LENGTH = 55;

/**
 * Directory name of a kernelspec: a readable slug, then 8 hex of the sha256 of the exact tuple. The hash is there always,
 * also when the slug alone would do: a later neighbour must not change anybody's name. It alone tells `A:x` from `a:x`,
 * since jupyter_client lower-cases names. Source of the alphabet: jupyter_client.kernelspec `_kernel_name_pat`.
 */
export function kernelSpecName({ source, repository, tag, kernelId }: SpecIdentity): string {
  // JSON quotes, so that no two tuples give the same text
  const hash = createHash('sha256')
    .update(JSON.stringify([source, repository, tag, kernelId]))
    .digest('hex');
  const last = repository.split('/').at(-1) ?? '';
  return `${slug([kernelId, last, tag, source].join('-'))}-${hash.slice(0, 8)}`;
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, SLUG_LENGTH)
    .replace(/[._-]+$/, '') || 'kernel';
