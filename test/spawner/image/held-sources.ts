import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BucketSource,
  Limits,
  RegistrySource,
  type Digest,
  type Repository,
  type Source,
  type Tag,
} from '@berth/schema';
import { openLocalImages, openTarget, parsePlatform, pushImage, type SourceDeps } from '@berth/spawner/image';
import { ownCeph } from '../../images/own-ceph.ts';
import { ownRegistry } from '../../images/own-registry.ts';
import { pushLayout } from '../../images/registry-push.ts';

/** A real server with images, of either kind, and what a test may do to it. */
export interface HeldSource {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** its configuration, at another address if one is given */
  config(more?: Readonly<Record<string, unknown>>, host?: string): Source;
  /** who may read */
  readonly login: SourceDeps;
  readonly wrongLogin: SourceDeps;
  /** The image of a layout, under a name. */
  push(layout: string, repository: string, tag: string): Promise<void>;
  /** Change the bytes that it holds under a digest for as long as `action` takes. */
  damaged(digest: Digest, change: (bytes: Buffer) => Buffer, action: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

const limits = Limits.parse({});

export async function heldRegistry(): Promise<HeldSource> {
  const auth = { user: 'alice', password: 'secret' };
  const registry = await ownRegistry(auth);
  const login = (password: string): SourceDeps => ({
    credentials: async () => ({ kind: 'password', username: auth.user, password }),
  });
  const place = (digest: Digest): string =>
    join(
      registry.directory,
      'registry/docker/registry/v2/blobs/sha256',
      digest.slice(7, 9),
      digest.slice(7),
      'data',
    );
  return {
    host: registry.host,
    config: (more = {}, host = registry.host) =>
      RegistrySource.parse({ type: 'registry', url: `http://${host}`, ...more }),
    login: login(auth.password),
    wrongLogin: login('wrong'),
    // all tags of the layout, which is as good
    push: (layout, repository) => pushLayout(layout, repository, { host: registry.host, credentials: auth }),
    damaged: async (digest, change, action) => {
      const good = readFileSync(place(digest));
      try {
        writeFileSync(place(digest), change(Buffer.from(good)));
        await action();
      } finally {
        writeFileSync(place(digest), good);
      }
    },
    close: () => registry.close(),
  };
}

export interface HeldBucket extends HeldSource {
  /** a client of the SDK, as any other program would use the bucket */
  readonly s3: S3Client;
  readonly bucket: string;
}

export async function heldBucket(): Promise<HeldBucket> {
  const ceph = await ownCeph();
  const { keys, bucket } = ceph;
  const host = new URL(ceph.url).host;
  const s3 = new S3Client({
    endpoint: ceph.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: keys,
  });
  const config = (more: Readonly<Record<string, unknown>> = {}, at = host): BucketSource =>
    BucketSource.parse({ type: 'bucket', endpoints: [`http://${at}`], bucket, prefix: 'lab', ...more });
  const login: SourceDeps = { keys: async () => keys };
  return {
    host,
    s3,
    bucket,
    config,
    login,
    wrongLogin: { keys: async () => ({ ...keys, secretAccessKey: 'wrong' }) },
    push: async (layout, repository, tag) => {
      const source = await openLocalImages(layout, limits);
      const digest = source.images.find(({ names }) => names.includes(tag))?.descriptor.digest;
      if (digest === undefined) throw new Error(`no ${tag} in ${layout}`);
      const as = { repository: repository as Repository, tag: tag as Tag };
      const ref = { source: 'lab' as never, repository: as.repository, digest };
      const options = { platform: parsePlatform('linux/amd64'), limits };
      await pushImage({ source, ref }, await openTarget('lab', config(), login), as, options);
    },
    damaged: async (digest, change, action) => {
      const Key = `lab/blobs/sha256/${digest.slice(7)}`;
      const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      const good = Buffer.from((await Body?.transformToByteArray()) ?? []);
      const put = async (bytes: Buffer): Promise<void> => {
        await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: bytes, ContentType }));
      };
      try {
        await put(change(Buffer.from(good)));
        await action();
      } finally {
        await put(good);
      }
    },
    close: async () => {
      s3.destroy();
      await ceph.close();
    },
  };
}
