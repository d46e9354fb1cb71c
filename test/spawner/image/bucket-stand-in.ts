import { BucketSource } from '@berth/schema';
import { openSource, type BlobSource, type SourceDeps } from '@berth/spawner/image';
import { scriptedServer, type Script, type ScriptedServer } from './scripted-server.ts';

/** What stands in for gateways, for what no real one does on demand. */
export const KEYS = {
  accessKeyId: 'AKCANARY0',
  secretAccessKey: 'canary-secret-1',
  sessionToken: 'canary-token-2',
};

const servers: ScriptedServer[] = [];

/** An http server that answers as a test says; ended by `closeStandIns`. */
export async function standIn(script: Script): Promise<ScriptedServer> {
  const server = await scriptedServer(script);
  servers.push(server);
  return server;
}

export const closeStandIns = async (): Promise<void> =>
  void (await Promise.all(servers.splice(0).map((server) => server.close())));

export const bucketAt = (
  gateways: readonly ScriptedServer[],
  deps: SourceDeps = {},
  more: Readonly<Record<string, unknown>> = {},
): BlobSource =>
  openSource(
    'lab',
    BucketSource.parse({
      type: 'bucket',
      endpoints: gateways.map(({ url }) => url),
      bucket: 'images',
      ...more,
    }),
    { keys: async () => KEYS, waits: [1, 1], ...deps },
  );

export const xml = (text: string): string => `<?xml version="1.0" encoding="UTF-8"?>${text}`;
export const errorXml = (code: string): string =>
  xml(
    `<Error><Code>${code}</Code><Message>of ${KEYS.accessKeyId}</Message><AWSAccessKeyId>${KEYS.accessKeyId}</AWSAccessKeyId></Error>`,
  );
export const page = (keys: readonly string[], next = ''): string =>
  xml(
    `<ListBucketResult><IsTruncated>${next !== ''}</IsTruncated>${
      next && `<NextContinuationToken>${next}</NextContinuationToken>`
    }${keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join('')}</ListBucketResult>`,
  );

export const listed = async (source: BlobSource): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const { repository, tag } of source.tags()) names.push(`${repository}:${tag}`);
  return names;
};
