/**
 * Pushes an OCI layout to a registry over plain http (distribution-spec v1.1, "Push"), bytes as they are: skopeo 1.9
 * would do it too, but costs a process and a re-read of every blob for each tag, and rewrites what it finds odd.
 */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { blobPath, tagOf, taggedManifests, type Descriptor } from './oci-layout.ts';

export interface Registry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly credentials?: { readonly user: string; readonly password: string };
}

/** Blobs known to be in the registry: digest to repository, so that the next repository mounts instead of uploading. */
export type KnownBlobs = Map<string, string>;

/** Pushes all tags of a layout. */
export async function pushLayout(
  layoutDir: string,
  repository: string,
  registry: Registry,
  known: KnownBlobs = new Map(),
): Promise<void> {
  for (const descriptor of await taggedManifests(layoutDir)) {
    await pushManifest(
      layoutDir,
      repository,
      descriptor,
      tagOf(descriptor) ?? descriptor.digest,
      registry,
      known,
    );
  }
}

async function pushManifest(
  layoutDir: string,
  repository: string,
  descriptor: Descriptor,
  reference: string,
  registry: Registry,
  known: KnownBlobs,
): Promise<void> {
  const bytes = await readFile(blobPath(layoutDir, descriptor.digest));
  const document = JSON.parse(bytes.toString()) as {
    manifests?: Descriptor[];
    config?: Descriptor;
    layers?: Descriptor[];
  };
  for (const child of document.manifests ?? [])
    await pushManifest(layoutDir, repository, child, child.digest, registry, known);
  for (const blob of [document.config, ...(document.layers ?? [])])
    if (blob) await pushBlob(layoutDir, repository, blob, registry, known);
  const headers = { 'content-type': descriptor.mediaType };
  await call(registry, 'PUT', `/v2/${repository}/manifests/${reference}`, [201], { headers, body: bytes });
}

async function pushBlob(
  layoutDir: string,
  repository: string,
  { digest, size }: Descriptor,
  registry: Registry,
  known: KnownBlobs,
): Promise<void> {
  const head = await call(registry, 'HEAD', `/v2/${repository}/blobs/${digest}`, [200, 404]);
  const from = known.get(digest);
  known.set(digest, repository);
  if (head.status === 200) return;
  const mount = from === undefined ? '' : `?mount=${digest}&from=${encodeURIComponent(from)}`;
  const upload = await call(registry, 'POST', `/v2/${repository}/blobs/uploads/${mount}`, [201, 202]);
  if (upload.status === 201) return;
  const place = new URL(upload.headers.location ?? '', `http://${registry.host}`);
  place.searchParams.set('digest', digest);
  await call(registry, 'PUT', place.pathname + place.search, [201], {
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
    body: blobPath(layoutDir, digest),
  });
}

/** One request; `body` is bytes, or the path of a file that is streamed. Any other status than those wanted is an error. */
async function call(
  registry: Registry,
  method: string,
  path: string,
  wanted: readonly number[],
  content: { readonly headers?: Readonly<Record<string, string>>; readonly body?: Buffer | string } = {},
): Promise<{ status: number; headers: IncomingHttpHeaders }> {
  const { credentials } = registry;
  const auth = credentials && { auth: `${credentials.user}:${credentials.password}` };
  return new Promise((resolve, reject) => {
    const sent = request(`http://${registry.host}${path}`, {
      method,
      headers: content.headers ?? {},
      ...auth,
    });
    sent.once('error', reject).once('response', (response) => {
      const status = response.statusCode ?? 0;
      const text: Buffer[] = [];
      response.on('data', (chunk: Buffer) => text.push(chunk)).once('error', reject);
      response.once('end', () => {
        if (wanted.includes(status)) resolve({ status, headers: response.headers });
        else
          reject(new Error(`${method} ${path}: ${status} ${Buffer.concat(text).toString().slice(0, 300)}`));
      });
    });
    if (typeof content.body === 'string') createReadStream(content.body).once('error', reject).pipe(sent);
    else sent.end(content.body);
  });
}
