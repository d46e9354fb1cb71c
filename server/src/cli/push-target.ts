import { Failure, Repository, Tag, type BucketSource, type Config, type SourceAlias } from '@berth/schema';

/** Where an image is brought to. */
export interface PushTarget {
  readonly alias: SourceAlias;
  readonly config: BucketSource;
  readonly repository: Repository;
  readonly tag: Tag;
}

const addressOf = ({ bucket, prefix }: BucketSource): string =>
  `s3://${bucket}/${prefix === '' ? '' : `${prefix}/`}`;

/**
 * `s3://BUCKET/PREFIX/NAME:TAG` as typed -> the configured bucket that has this prefix (the longest), for its gateways are in no
 * such address; the rest is the image's name. The tag defaults to `latest`.
 * @param named alias of the source that is meant, where several have this address: two clusters may both call a bucket "images"
 * @throws Failure `push-target-unknown` | `push-target-ambiguous` | `push-target-invalid`
 */
export function pushTarget(text: string, { sources }: Pick<Config, 'sources'>, named?: string): PushTarget {
  const buckets = Object.entries(sources).flatMap(([alias, config]) =>
    config.type === 'bucket' ? [{ alias: alias as SourceAlias, config, address: addressOf(config) }] : [],
  );
  const fitting = buckets
    .filter(({ alias, address }) => text.startsWith(address) && (named ?? alias) === alias)
    .toSorted((a, b) => b.address.length - a.address.length);
  const [found] = fitting;
  if (found === undefined) {
    const known = buckets.map(({ alias, address }) => `${alias} (${address})`).join(', ') || 'none';
    const target = named === undefined ? text : `${text} with --source ${named}`;
    throw new Failure('push-target-unknown', { target: target.slice(0, 300), known });
  }
  const several = fitting.filter(({ address }) => address === found.address);
  if (several.length > 1) {
    const names = several.map(({ alias }) => alias).join(', ');
    throw new Failure('push-target-ambiguous', { target: text.slice(0, 300), sources: names });
  }
  const { alias, config, address } = found;
  const name = text.slice(address.length);
  const colon = name.lastIndexOf(':');
  const path = colon < 0 ? name : name.slice(0, colon);
  const repository = Repository.safeParse(path);
  const tag = Tag.safeParse(colon < 0 ? 'latest' : name.slice(colon + 1));
  if (repository.success && tag.success) return { alias, config, repository: repository.data, tag: tag.data };
  const whole = text.slice(0, 300);
  if (name === '')
    throw new Failure('push-target-invalid', { target: whole, why: 'it names the bucket alone' });
  const [part, { error }] = repository.success ? [name.slice(colon + 1), tag] : [path, repository];
  const why = `"${part.slice(0, 300)}" ${error?.issues[0]?.message ?? 'is malformed'}`;
  throw new Failure('push-target-invalid', { target: whole, why });
}
