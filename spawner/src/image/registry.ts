import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Digest, Failure, Limits, type RegistrySource, type Repository, type Tag } from '@berth/schema';
import type { BlobSource, ByteRange, Descriptor } from './blob-source.ts';
import { bodyOf } from './body-of.ts';
import { demandRegistry, isSigned } from './demand-registry.ts';
import { INDEX_TYPES, isManifestType, MANIFEST_TYPES } from './media-types.ts';
import { readBounded } from './read-bounded.ts';
import { RegistryClient, type RegistryClientDeps } from './registry-client.ts';
import { listTags, type OnNotice } from './registry-listing.ts';

export interface RegistryDeps extends RegistryClientDeps {
  readonly limits?: Limits | undefined;
  readonly onNotice?: OnNotice | undefined;
}

const ACCEPT = [...INDEX_TYPES, ...MANIFEST_TYPES].join(', ');

/** An OCI distribution registry as a source. Source: OCI distribution-spec 1.1, "Pulling". */
export function openRegistry(alias: string, config: RegistrySource, deps: RegistryDeps = {}): BlobSource {
  const limits = deps.limits ?? Limits.parse({});
  const client = new RegistryClient(alias, config, deps);
  const onNotice = deps.onNotice ?? (() => undefined);
  return {
    alias,
    tags: (signal) => listTags({ client, config, limits, onNotice }, signal),
    resolve: (repository, reference, signal) => resolve(client, alias, limits, repository, reference, signal),
    open: (repository, descriptor, signal, range) =>
      open(client, alias, repository, descriptor, signal, range),
  };
}

async function resolve(
  client: RegistryClient,
  alias: string,
  limits: Limits,
  repository: Repository,
  reference: Tag | Digest,
  signal?: AbortSignal,
): Promise<Descriptor> {
  const isDigest = Digest.safeParse(reference).success;
  const name = `${alias}/${repository}${isDigest ? '@' : ':'}${reference}`;
  const request = {
    path: `/v2/${repository}/manifests/${reference}`,
    headers: { accept: ACCEPT },
    scope: `repository:${repository}:pull`,
    what: name,
    signal,
  };
  const first = await client.send({ ...request, method: 'HEAD' });
  if (first.statusCode === 404 && !isSigned(first)) await demandRegistry(client, signal);
  const head = await found(Promise.resolve(first), name);
  head.resume();
  let digest = Digest.safeParse(head.headers['docker-content-digest']).data;
  let size = Number(head.headers['content-length'] ?? NaN);
  if (digest === undefined || !Number.isSafeInteger(size)) {
    // allowed by the specification: the digest is then ours to make
    const answer = await found(client.send({ ...request, method: 'GET' }), name);
    const bytes = await readBounded(bodyOf(client.http, answer, signal), limits.manifestBytes, 'a manifest');
    digest = Digest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    size = bytes.length;
  }
  if (isDigest && digest !== reference) throw client.protocol(`another digest than asked for: ${digest}`);
  const mediaType = mediaTypeOf(head);
  if (!isManifestType(mediaType)) {
    throw new Failure('manifest-invalid', { ref: name, why: `its type is "${mediaType}"` });
  }
  return { mediaType, digest, size };
}

async function open(
  client: RegistryClient,
  alias: string,
  repository: Repository,
  descriptor: Descriptor,
  signal?: AbortSignal,
  range?: ByteRange,
): Promise<AsyncIterable<Uint8Array>> {
  const { digest, mediaType } = descriptor;
  const isManifest = isManifestType(mediaType);
  const start = range?.start ?? 0;
  const name = `${alias}/${repository}@${digest}`;
  const answer = await found(
    client.send({
      method: 'GET',
      path: `/v2/${repository}/${isManifest ? 'manifests' : 'blobs'}/${digest}`,
      headers: {
        ...(isManifest ? { accept: mediaType } : {}),
        ...(start > 0 ? { range: `bytes=${start}-` } : {}),
      },
      scope: `repository:${repository}:pull`,
      what: name,
      signal,
    }),
    name,
  );
  if (isManifest && mediaTypeOf(answer) !== mediaType) {
    answer.destroy();
    const why = `it came as "${mediaTypeOf(answer)}", not as the "${mediaType}" it was listed as`;
    throw new Failure('manifest-invalid', { ref: name, why });
  }
  if (
    answer.statusCode === 206 &&
    Number(/^bytes (\d+)-/.exec(answer.headers['content-range'] ?? '')?.[1]) !== start
  ) {
    answer.destroy();
    throw client.protocol('another range than asked for');
  }
  return bodyOf(client.http, answer, signal, answer.statusCode === 206 ? 0 : start);
}

async function found(answer: Promise<IncomingMessage>, ref: string): Promise<IncomingMessage> {
  const message = await answer;
  if (message.statusCode !== 404) return message;
  message.destroy();
  throw new Failure('image-missing', { ref });
}

const mediaTypeOf = (answer: IncomingMessage): string =>
  (answer.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
