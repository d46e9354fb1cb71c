import { Failure, type Limits, type Repository } from '@berth/schema';
import type { BlobSource, Descriptor } from './blob-source.ts';
import { jsonDepth } from './json-depth.ts';
import { readBlob, type ReadBlobOptions } from './read-blob.ts';

export interface ReadVerifiedOptions extends Omit<ReadBlobOptions, 'limits'> {
  readonly limits: Pick<Limits, 'manifestBytes' | 'jsonDepth' | 'blobSeconds'>;
}

/**
 * A small JSON document (manifest, index, config) whole: digest and size right, within `limits.manifestBytes` before the
 * first byte is asked for and `limits.jsonDepth` before it is parsed.
 * @returns the parsed value, for a schema to judge
 * @throws Failure as `readBlob`, and `limit-exceeded` | `manifest-invalid`
 */
export async function readVerified(
  source: BlobSource,
  repository: Repository,
  descriptor: Descriptor,
  options: ReadVerifiedOptions,
): Promise<unknown> {
  const { manifestBytes } = options.limits;
  if (descriptor.size > manifestBytes) {
    throw new Failure('limit-exceeded', { what: 'a manifest', limit: manifestBytes, key: 'manifestBytes' });
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBlob(source, repository, descriptor, options)) chunks.push(chunk);
  return parseBounded(Buffer.concat(chunks), options.limits.jsonDepth, descriptor.digest);
}

function parseBounded(bytes: Buffer, depth: number, ref: string): unknown {
  const text = bytes.toString('utf8');
  if (jsonDepth(text) > depth) {
    throw new Failure('limit-exceeded', {
      what: 'the nesting of a manifest',
      limit: depth,
      key: 'jsonDepth',
    });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new Failure('manifest-invalid', { ref, why: 'it is not JSON' }, { cause });
  }
}
