import { assertNever, type BucketSource, type Source } from '@berth/schema';
import type { BlobSource } from './blob-source.ts';
import type { BucketDeps } from './bucket.ts';
import type { BucketWriterDeps, ImageTarget } from './bucket-writer.ts';
import { openRegistry, type RegistryDeps } from './registry.ts';

export type SourceDeps = RegistryDeps & BucketDeps;

/** A configured source, whatever its kind. */
export function openSource(alias: string, config: Source, deps: SourceDeps = {}): BlobSource {
  switch (config.type) {
    case 'registry':
      return openRegistry(alias, config, deps);
    case 'bucket':
      return laterBucket(alias, config, deps);
    default:
      return assertNever(config);
  }
}

/** The SDK behind a bucket is loaded when something is asked of one: a site without buckets never does (0.2 s). */
function laterBucket(alias: string, config: BucketSource, deps: SourceDeps): BlobSource {
  let opened: Promise<BlobSource> | undefined;
  const bucket = (): Promise<BlobSource> =>
    (opened ??= import('./bucket.ts').then(({ openBucket }) => openBucket(alias, config, deps)));
  return {
    alias,
    tags: async function* (signal) {
      yield* (await bucket()).tags(signal);
    },
    resolve: async (repository, reference, signal) => (await bucket()).resolve(repository, reference, signal),
    open: async (repository, descriptor, signal, range) =>
      (await bucket()).open(repository, descriptor, signal, range),
  };
}

/** The writing side of a bucket; loads the SDK. */
export async function openTarget(
  alias: string,
  config: BucketSource,
  deps: BucketWriterDeps = {},
): Promise<ImageTarget> {
  const { openBucketWriter } = await import('./bucket-writer.ts');
  return openBucketWriter(alias, config, deps);
}
