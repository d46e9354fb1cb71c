import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod/mini';
import { cephConf, cephPaths } from './ceph-conf.ts';
import { accepts } from './accepts.ts';
import { until } from './until.ts';
import { startDaemon, type Daemon } from './daemon.ts';

const run = promisify(execFile);

/** An S3 user of the gateway; made for this cluster, worth nothing elsewhere. */
export interface CephKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Ceph {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** a bucket that is there, and empty */
  readonly bucket: string;
  /** who may do everything with it */
  readonly keys: CephKeys;
  /** the same in the form of ~/.aws/credentials, 0600 */
  readonly credentialsFile: string;
}

/**
 * One monitor, one manager, one OSD that keeps its objects in memory, and the S3 gateway, all on loopback. They trust
 * one another without keys (cephx): what is tested is the gateway, which has S3's own.
 */
export async function startCeph(
  dir: string,
  ports: readonly number[],
  started: (daemon: Daemon) => void,
  signal?: AbortSignal,
): Promise<Ceph> {
  const paths = cephPaths(dir);
  const [mon = 0, gateway = 0, ...others] = ports;
  const fsid = randomUUID();
  await mkdir(paths.data, { recursive: true, mode: 0o755 });
  await mkdir(paths.log, { recursive: true, mode: 0o755 });
  for (const daemon of ['mon-a', 'osd-0', 'mgr-a', 'rgw']) await mkdir(join(paths.data, daemon));
  await writeFile(paths.conf, cephConf({ dir, fsid, mon, gateway, others }));
  const ceph = async (program: string, ...args: string[]): Promise<string> => {
    const given = program === 'monmaptool' ? args : ['-c', paths.conf, ...args];
    const { stdout } = await run(
      '/usr/bin/setpriv',
      ['--pdeathsig', 'KILL', '--', `/usr/bin/${program}`, ...given],
      {
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', HOME: '/' },
        timeout: 60_000,
        signal,
      },
    );
    return stdout;
  };
  const daemon = async (name: string, program: string, args: readonly string[]): Promise<Daemon> => {
    const made = await startDaemon({
      name,
      argv: [`/usr/bin/${program}`, '-f', '-c', paths.conf, ...args],
      log: join(paths.log, `${name}.out`),
    });
    started(made);
    return made;
  };

  const { monMap } = paths;
  await ceph('monmaptool', '--create', '--fsid', fsid, '--addv', 'a', `[v1:127.0.0.1:${mon}]`, monMap);
  await ceph('ceph-mon', '--mkfs', '-i', 'a', '--monmap', monMap);
  const monitor = await daemon('ceph-mon', 'ceph-mon', ['-i', 'a']);
  await monitor.waitReady(() => accepts({ host: '127.0.0.1', port: mon }));

  // the monitors must be told the uuid that the OSD has, or the OSD never boots
  const osd = randomUUID();
  // a monitor takes connections before it is its own quorum, and on a busy machine it is none for a while again
  const tell = async (...args: string[]): Promise<void> => {
    const isHeard = (): Promise<boolean> =>
      ceph('ceph', ...args).then(
        () => true,
        (error: Error) => {
          if (/problem getting command descriptions/.test(error.message)) return false;
          throw error;
        },
      );
    if (!(await until(isHeard, 60_000, 200))) throw new Error('the monitor forms no quorum');
  };
  await tell('osd', 'new', osd, '0');
  await ceph('ceph-osd', '--mkfs', '-i', '0', '--osd-uuid', osd);
  await tell('osd', 'crush', 'add', 'osd.0', '1.0', 'root=default', 'host=berth');
  await daemon('ceph-osd', 'ceph-osd', ['-i', '0']);
  await daemon('ceph-mgr', 'ceph-mgr', ['-i', 'a']);
  const front = await daemon('radosgw', 'radosgw', ['-n', 'client.gateway']);

  const url = `http://127.0.0.1:${gateway}`;
  const uid = 'berth-test';
  const [made] = await Promise.all([
    // the gateway makes the keys: in an argv anybody on this machine could read them
    ceph('radosgw-admin', 'user', 'create', '--uid', uid, '--display-name', uid),
    front.waitReady(() => answers(url), 60_000),
  ]);
  const keys = keysIn(made);
  const bucket = 'images';
  await makeBucket(url, bucket, keys);
  await writeFile(paths.credentials, credentialsText(keys), { mode: 0o600 });
  return { url, bucket, keys, credentialsFile: paths.credentials };
}

/** What stands in ~/.aws/credentials for these keys. */
export const credentialsText = ({ accessKeyId, secretAccessKey }: CephKeys): string =>
  `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;

/** What radosgw-admin says of a user that it has made. */
const MadeUser = z.object({
  keys: z.tuple([z.object({ access_key: z.string(), secret_key: z.string() })], z.unknown()),
});

function keysIn(text: string): CephKeys {
  const [{ access_key: accessKeyId, secret_key: secretAccessKey }] = MadeUser.parse(JSON.parse(text)).keys;
  return { accessKeyId, secretAccessKey };
}

async function makeBucket(endpoint: string, bucket: string, credentials: CephKeys): Promise<void> {
  const client = new S3Client({
    endpoint,
    credentials,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
  });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } finally {
    client.destroy();
  }
}

/** The gateway opens its port when its pools are there; nobody is let in without keys, which is an answer too. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.status < 500;
  } catch {
    return false;
  }
}
