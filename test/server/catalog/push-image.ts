import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { tarOf, type TarEntry } from '../../images/ustar.ts';

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

async function call(
  method: string,
  url: string,
  body?: Buffer,
  type = 'application/octet-stream',
): Promise<Response> {
  const response = await fetch(url, {
    method,
    ...(body ? { body: new Uint8Array(body), headers: { 'content-type': type } } : {}),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response;
}

async function pushBlob(base: string, bytes: Buffer): Promise<{ digest: string; size: number }> {
  const begun = await call('POST', `${base}/blobs/uploads/`);
  const location = new URL(begun.headers.get('location') ?? '', base);
  location.searchParams.set('digest', digestOf(bytes));
  await call('PUT', location.href, bytes);
  return { digest: digestOf(bytes), size: bytes.length };
}

/** Push an image of one gzip layer for each list of entries. @returns the manifest's digest */
export const pushImage = (
  host: string,
  name: string,
  tag: string,
  ...layers: readonly (readonly TarEntry[])[]
): Promise<string> => pushImageSaying(host, name, tag, {}, ...layers);

/** The same with more, or other, in its configuration. */
export async function pushImageSaying(
  host: string,
  name: string,
  tag: string,
  says: object,
  ...layers: readonly (readonly TarEntry[])[]
): Promise<string> {
  const base = `http://${host}/v2/${name}`;
  const config = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      config: {},
      rootfs: { type: 'layers', diff_ids: [] },
      ...says,
    }),
  );
  const blobs = [];
  for (const entries of layers) {
    blobs.push({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      ...(await pushBlob(base, gzipSync(tarOf(entries)))),
    });
  }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...(await pushBlob(base, config)) },
    layers: blobs,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  await call('PUT', `${base}/manifests/${tag}`, bytes, mediaType);
  return digestOf(bytes);
}

export const removeImage = async (host: string, name: string, digest: string): Promise<void> =>
  void (await call('DELETE', `http://${host}/v2/${name}/manifests/${digest}`));
