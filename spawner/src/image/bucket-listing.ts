import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { Failure, type Limits, type Repository, type Tag } from '@berth/schema';
import type { BucketClient } from './bucket-client.ts';
import type { BucketKeys } from './bucket-keys.ts';
import { namePattern } from './name-pattern.ts';
import type { OnNotice } from './registry-listing.ts';

/** S3's own limit. */
const PAGE = 1000;

export interface BucketListingDeps {
  readonly client: BucketClient;
  readonly keys: BucketKeys;
  readonly limits: Pick<Limits, 'listPages' | 'listNames'>;
  readonly onNotice: OnNotice;
}

interface Offered {
  readonly repository: Repository;
  readonly tag: Tag;
}

/** All offered images of a bucket, by name. Bounded; what is cut off is noticed, and so is a key that is no tag's. */
export async function* listBucketTags(
  deps: BucketListingDeps,
  signal?: AbortSignal,
): AsyncGenerator<Offered, void> {
  const { client, keys, limits, onNotice } = deps;
  const { repositories, tags, maxTags } = client.config;
  const offered = namePattern(repositories ?? ['*']);
  const wanted = tags === undefined ? undefined : new Set<string>(tags);
  const counts = new Map<Repository, number>();
  let names = 0;
  let odd = 0;
  for await (const key of listedKeys(
    deps,
    startsOf(repositories).map((start) => keys.tags + start),
    signal,
  )) {
    const found = keys.parseTag(key);
    if (found === undefined) odd += 1;
    else if (offered(found.repository) && (wanted?.has(found.tag) ?? true)) {
      const count = (counts.get(found.repository) ?? 0) + 1;
      counts.set(found.repository, count);
      if (count === maxTags + 1) onNotice(`${found.repository}: list truncated at ${maxTags} tags`, true);
      if (count > maxTags) continue;
      names += 1;
      if (names > limits.listNames) return onNotice(`list truncated at ${limits.listNames} images`, true);
      yield found;
    }
  }
  if (odd > 0) onNotice(`${odd} malformed names were passed over`, false);
}

/**
 * What the names start with that fit these patterns, none of them with another one's start: a bucket is asked for no more than
 * what is offered.
 */
function startsOf(patterns: readonly string[] | undefined): readonly string[] {
  const starts = (patterns ?? ['*']).map((pattern) => {
    const [start = '', rest] = pattern.split('*', 2);
    return rest === undefined ? `${start}/` : start;
  });
  return [...new Set(starts)]
    .toSorted()
    .filter((start, at, all) => !all.slice(0, at).some((shorter) => start.startsWith(shorter)));
}

async function* listedKeys(
  deps: BucketListingDeps,
  prefixes: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void> {
  const { client, limits, onNotice } = deps;
  let pages = 0;
  for (const prefix of prefixes) {
    let token: string | undefined;
    do {
      if (pages >= limits.listPages) return onNotice(`list truncated at ${limits.listPages} pages`, true);
      pages += 1;
      const page = await nextPage(client, prefix, token, signal);
      yield* page.keys;
      if (page.cut) return onNotice('list truncated: the gateway says there is more, but not where', true);
      if (page.next !== undefined && page.next === token) throw circular(client);
      token = page.next;
    } while (token !== undefined);
  }
}

async function nextPage(
  client: BucketClient,
  prefix: string,
  token: string | undefined,
  signal: AbortSignal | undefined,
): Promise<{ readonly keys: readonly string[]; readonly next: string | undefined; readonly cut: boolean }> {
  const answer = await client.send({
    what: 'its list of names',
    signal,
    act: ({ s3 }, options) =>
      s3.send(
        new ListObjectsV2Command({
          Bucket: client.config.bucket,
          Prefix: prefix,
          MaxKeys: PAGE,
          // a key may hold what XML cannot
          EncodingType: 'url',
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
        options,
      ),
  });
  const keys = (answer.Contents ?? []).map(({ Key }) => decoded(Key ?? ''));
  const next = answer.IsTruncated === true ? answer.NextContinuationToken : undefined;
  return { keys, next, cut: answer.IsTruncated === true && next === undefined };
}

/** Once: what was `%2e` in the key stays so, and is then no name (T25). */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

const circular = ({ config }: BucketClient): Failure =>
  new Failure('source-protocol', {
    url: config.endpoints[0] ?? '',
    why: 'a list whose pages go in a circle',
  });
