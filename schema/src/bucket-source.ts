import * as z from 'zod/mini';
import { about } from './about.ts';
import { DEFAULTS } from './config-defaults.ts';
import { count, RepositoryPattern, seconds } from './config-fields.ts';
import { Audience } from './hub-config.ts';
import { Tag } from './image-ref.ts';

/** Keys are those of the person who asks, from where AWS tools keep them: an address that holds some would go into logs. */
const Gateway = z
  .url({ protocol: /^https?$/, error: 'must be an address that starts with https:// or http://' })
  .check(
    z.regex(
      /^https?:\/\/[^@?#/]+\/?$/,
      'an address of a host alone, without user, path, "?" and "#"; the bucket has a key of its own',
    ),
  );

/** Source: Amazon S3 user guide, "Bucket naming rules"; a Ceph gateway takes no less. */
const BucketName = z
  .string()
  .check(z.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, '3 to 63 lower case letters, digits, "." and "-"'));

/** Parts of letters, digits and ".", "_", "-" divided by "/"; nothing that a client or a proxy would rewrite (T25). */
const Prefix = z
  .string()
  .check(
    z.maxLength(255),
    z.regex(
      /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?$/,
      'names of letters, digits, ".", "_", "-" divided by "/", none of which starts with "."',
    ),
  );

/** Images in a bucket of S3 or of Ceph's gateway; its layout is in spawner/src/image/bucket-keys.ts. */
export const BucketSource = z.readonly(
  z.strictObject({
    type: about(z.literal('bucket'), 'A bucket of S3 or of Ceph (`berth images push` fills it).'),
    endpoints: about(
      z.readonly(z.array(Gateway).check(z.minLength(1), z.maxLength(16))),
      'Addresses of its gateways, e.g. [https://s3.example.org]; when one does not answer the next is tried.',
    ),
    bucket: about(BucketName, 'Name of the bucket.'),
    prefix: about(z._default(Prefix, DEFAULTS.bucket.prefix), 'Where in the bucket the images are.'),
    region: about(
      z._default(z.string().check(z.regex(/^[a-z0-9-]{1,64}$/, 'a region')), DEFAULTS.bucket.region),
      'Region that requests are signed for; Ceph takes any.',
    ),
    credentials: about(
      z._default(z.enum(['chain', 'anonymous']), DEFAULTS.bucket.credentials),
      '"chain": keys from where AWS tools take them (environment, ~/.aws), none if there are none; "anonymous": never any.',
    ),
    profile: about(
      z.optional(z.string().check(z.regex(/^[^\s\p{Cc}]{1,128}$/u, 'a name without spaces'))),
      'Profile in ~/.aws whose keys are taken; without it AWS_PROFILE, else the default.',
    ),
    repositories: about(
      z.optional(z.readonly(z.array(RepositoryPattern))),
      'Repositories to offer; "*" stands for any characters. Without it all that the bucket holds.',
    ),
    tags: about(z.optional(z.readonly(z.array(Tag))), 'Offer only these tags; without it all.'),
    audience: about(
      z.optional(Audience),
      'The Unix group whose members are offered it; without it everybody.',
    ),
    maxTags: count('At most so many tags of one repository.', DEFAULTS.bucket.maxTags, 1_000_000),
    timeout: seconds(
      'Seconds without a byte after which a gateway counts as unreachable.',
      DEFAULTS.bucket.timeout,
    ),
  }),
);
export type BucketSource = z.infer<typeof BucketSource>;
