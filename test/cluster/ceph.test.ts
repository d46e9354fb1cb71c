import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, expect, test } from '@jest/globals';
import { leftovers } from './leftovers.ts';
import { readRecord } from './record.ts';

const run = promisify(execFile);
const main = fileURLToPath(new URL('main.ts', import.meta.url));
const command = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  run(process.execPath, [main, ...args], { timeout: 90_000 });

let child: ChildProcess | undefined;
let directory = '';
afterEach(async () => {
  child?.kill('SIGKILL');
  if (directory !== '' && readRecord(directory) !== null) await command('down', directory);
});

test('up --ceph gives a gateway with a bucket, and keys for it; down leaves nothing', async () => {
  const { stdout } = await command('up', '--ceph', '--nodes', '1');
  const exported = (name: string): string => new RegExp(`^export ${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? '';
  directory = exported('BERTH_CLUSTER_DIR');
  const nodes = readRecord(directory)?.nodes ?? [];
  const text = readFileSync(exported('AWS_SHARED_CREDENTIALS_FILE'), 'utf8');
  const of = (name: string): string => new RegExp(`^${name} = (.+)$`, 'm').exec(text)?.[1] ?? '';
  const s3 = new S3Client({
    endpoint: exported('BERTH_CLUSTER_S3'),
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: of('aws_access_key_id'), secretAccessKey: of('aws_secret_access_key') },
  });
  expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toEqual(['images']);
  s3.destroy();
  const { stdout: status } = await command('status');
  const ours = status.slice(status.indexOf(directory));
  // Slurm's begin beside them
  for (const name of ['ceph-mon', 'ceph-osd', 'ceph-mgr', 'radosgw'])
    expect(ours).toMatch(new RegExp(` ${name} \\d+`));
  await command('down', directory);
  expect(leftovers(directory, nodes)).toEqual([]);
}, 120_000);

test.each(['ceph-mon', 'ceph-osd', 'radosgw'])(
  'Ctrl-C when %s has started leaves nothing',
  async (name) => {
    const up = spawn(process.execPath, [main, 'up', '--ceph', '--nodes', '1'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = up;
    const closed = once(up, 'close');
    await new Promise<void>((resolve) => {
      createInterface(up.stderr).on('line', (line) => {
        directory = /directory (\S+)/.exec(line)?.[1] ?? directory;
        if (line.includes(`${name} started`)) resolve();
      });
    });
    const nodes = readRecord(directory)?.nodes ?? [];
    up.kill('SIGINT');
    expect(await closed).toEqual([130, null]);
    expect(leftovers(directory, nodes)).toEqual([]);
  },
  90_000,
);
