import type { Source } from '@berth/schema';
import { awsKeys, type AwsKeys, type KeyLookup } from './aws-keys.ts';
import type { CredentialLookup, Credentials } from './credentials.ts';

/** Where secrets of sources come from; without `keys` buckets have those of the AWS provider chain. */
export interface SecretLookups {
  readonly credentials?: CredentialLookup | undefined;
  readonly keys?: KeyLookup | undefined;
}

/** What one source is asked with, as values: they go to a thread that has neither files nor environment. */
export interface SourceSecrets {
  readonly credentials?: Credentials | undefined;
  readonly keys?: AwsKeys | undefined;
}

/** Finds what a source is asked with. A chain of keys is kept: some run a program, or ask a service, for keys that last. */
export function secretFinder(lookups: SecretLookups): (config: Source) => Promise<SourceSecrets> {
  const chains = new Map<string | undefined, KeyLookup>();
  const chainOf = (profile: string | undefined): KeyLookup => {
    const known = chains.get(profile) ?? awsKeys(profile);
    chains.set(profile, known);
    return known;
  };
  return async (config) => {
    if (config.type === 'registry')
      return { credentials: await lookups.credentials?.(new URL(config.url).host) };
    if (config.credentials === 'anonymous') return {};
    return { keys: await (lookups.keys ?? chainOf(config.profile))() };
  };
}

/** The lookups that give just these. */
export const given = ({ credentials, keys }: SourceSecrets): Required<SecretLookups> => ({
  credentials: async () => credentials,
  keys: async () => keys,
});
