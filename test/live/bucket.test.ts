import { execFile } from 'node:child_process';
import { chown, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { LaunchRecord } from '@berth/schema';
import { credentialsText, type Ceph } from '../cluster/ceph.ts';
import { existingUsers } from '../cluster/users.ts';
import { buildImages } from '../images/images.ts';
import type { Driver } from '../jupyter/driver.ts';
import { cuttingProxy } from '../spawner/image/cutting-proxy.ts';
import { login } from './aws-login.ts';
import { holdersOf } from './secret-holders.ts';
import { siteUp, type Site } from './site.ts';

/** From a real Ceph to a kernel on a real Slurm node: pushed, scanned, started; and each way in which that fails. */
jest.setTimeout(90_000);

const run = promisify(execFile);
let site: Site;
let ceph: Ceph;
let driver: Driver;
let archive = '';
/** a kernelspec of the pushed archive */
let kernel = '';

const source = ({ ceph: its }: { readonly ceph: Ceph | null }) => ({
  type: 'bucket',
  endpoints: [its?.url],
  bucket: its?.bucket,
  prefix: 'alice',
});

beforeAll(async () => {
  site = await siteUp({
    ceph: true,
    config: async (cluster, user) => {
      if (cluster.ceph === null) throw new Error('no Ceph');
      ceph = cluster.ceph;
      await login(user, ceph.keys);
      return { sources: { lab: { type: 'registry', url: cluster.registry?.url }, s3: source(cluster) } };
    },
  });
  const { area, user } = site.person('alice');
  // its manifest is made on the way into the bucket: no registry and no store has this image
  const [image] = await buildImages({ only: ['venv-python'] });
  archive = join(area, 'saved.tar');
  await run('skopeo', [
    'copy',
    '-q',
    `oci:${image?.layout}:${image?.tags[0]}`,
    `docker-archive:${archive}:lab/x:1`,
  ]);
  await chown(archive, user.uid, user.gid);
}, 180_000);
afterAll(async () => {
  await rm(join(existingUsers().alice.home, '.aws'), { recursive: true, force: true });
  await site?.down();
}, 60_000);

const flipped = (good: Buffer): Buffer => {
  const bad = Buffer.from(good);
  bad.writeUInt8((bad[bad.length >> 1] ?? 0) ^ 1, bad.length >> 1);
  return bad;
};

const berth = async (...args: string[]) => site.run([site.berth, ...args], { timeoutMs: 60_000 });

describe('from a bucket', () => {
  test('an archive is pushed, found and started on a node', async () => {
    const target = `s3://${ceph.bucket}/alice/tests/solver:3`;
    const pushed = await berth('images', 'push', archive, target);
    expect(pushed).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^s3\/tests\/solver:3@sha256:/),
    });
    expect((await berth('images', 'push', archive, target)).stdout).toMatch(/\n0 B sent, /);

    expect((await berth('images', 'ls')).stdout).toMatch(/s3\/tests\/solver:3/);
    const shown = await berth('images', 'show', 's3/tests/solver:3');
    expect(shown).toMatchObject({ status: 0, stdout: expect.stringMatching(/\nkernels\n/) });
    expect(await berth('kernels', 'sync')).toMatchObject({ status: 0 });

    const { kernels } = site.person('alice');
    kernel = await site.kernel('solver');
    const text = await readFile(join(kernels, kernel, 'berth.json'), 'utf8');
    expect(LaunchRecord.parse(JSON.parse(text)).source).toMatchObject({
      type: 'bucket',
      bucket: ceph.bucket,
    });
    // whose keys these are is nowhere in what is written
    expect(text).not.toContain(ceph.keys.accessKeyId);
    expect(text).not.toContain(ceph.keys.secretAccessKey);

    driver = await site.driver();
    const started = await driver.kernel(kernel);
    const said = await started.execute(
      'import os; print(os.environ["SLURM_JOB_ID"], sorted(k for k in os.environ if "AWS" in k))',
    );
    expect(said.stdout).toMatch(/^\d+ \[\]\n$/);
    await started.shutdown();
    await site.untilClean(15_000);
  });

  test('a layout and an image of the registry are pushed too', async () => {
    const { area, user } = site.person('alice');
    const [image] = site.images;
    const layout = join(area, 'layout');
    await cp(image?.layout ?? '', layout, { recursive: true });
    await run('chown', ['-R', `${user.uid}:${user.gid}`, layout]);
    const first = await berth('images', 'push', layout, `s3://${ceph.bucket}/alice/tests/layout:1`);
    expect(first).toMatchObject({ status: 0 });
    const ref = `lab/${image?.repository}:${image?.tags[0]}`;
    const second = await berth('images', 'push', ref, `s3://${ceph.bucket}/alice/tests/copy:1`, '--json');
    expect(second).toMatchObject({ status: 0 });
    expect(JSON.parse(second.stdout)).toMatchObject({ image: 's3/tests/copy:1', sent: 0 });
  });

  test('what is named wrong is said, with what is right', async () => {
    expect(await berth('images', 'push', archive, 's3://elsewhere/x:1')).toMatchObject({
      status: 64,
      stderr: expect.stringContaining(`s3://${ceph.bucket}/alice/`),
    });
    expect(await berth('images', 'push', './nothing.tar', `s3://${ceph.bucket}/alice/x:1`)).toMatchObject({
      status: 65,
      stderr: expect.stringContaining('there is no such file'),
    });
  });
});

describe('what fails says so, and leaves nothing half-made', () => {
  /** The same kernel with a store that does not have its image. */
  const unmade = async (title: string): Promise<{ readonly name: string; readonly store: string }> => {
    const store = join(site.person('alice').area, title);
    const change = (record: LaunchRecord) => ({ ...record, store: { ...record.store, path: store } });
    return { name: await site.variant(kernel, title, change), store };
  };
  /** What a store holds: images, and what is on the way to one. */
  const madeIn = async (store: string): Promise<readonly string[]> =>
    (await readdir(store, { recursive: true, withFileTypes: true }).catch(() => []))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  const fails = async (
    title: string,
    status: number,
    said: RegExp,
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> => {
    const { name, store } = await unmade(title);
    const started = await driver.launch(name, { env });
    expect([await started.ended(20), await started.log()]).toEqual([status, expect.stringMatching(said)]);
    await started.shutdown(true);
    expect(await madeIn(store)).toEqual([]);
    await site.untilClean(15_000);
  };

  /** The same kernel behind a wire that can be cut, with a store that does not have its image. */
  const throughWire = async (title: string, host: string) => {
    const store = join(site.person('alice').area, title);
    const change = (record: LaunchRecord) => ({
      ...record,
      store: { ...record.store, path: store },
      source: { ...record.source, endpoints: [`http://${host}`] },
    });
    return { name: await site.variant(kernel, title, change), store };
  };
  test('F7: cut in mid-blob: it goes on; cut again and again: it says so', async () => {
    const wire = await cuttingProxy(new URL(ceph.url).host);
    try {
      wire.cutAfter(1_000_000, 2);
      const held = await throughWire('cut-twice', wire.host);
      const started = await driver.kernel(held.name);
      expect((await started.execute('print(6 * 7)')).stdout).toBe('42\n');
      expect(wire.cut).toBe(2);
      await started.shutdown();
      await site.untilClean(15_000);

      wire.cutAfter(300_000, 100_000);
      const { name, store } = await throughWire('cut-always', wire.host);
      const failing = await driver.launch(name);
      expect([await failing.ended(30), await failing.log()]).toEqual([
        69,
        expect.stringMatching(/The source at http\S+ does not answer: .*\n.*/),
      ]);
      await failing.shutdown(true);
      expect(wire.cut).toBeGreaterThan(4);
      expect(await madeIn(store)).toEqual([]);
      await site.untilClean(15_000);
    } finally {
      await wire.close();
    }
  }, 120_000);

  test.each([
    ['T12: wrong bytes in the bucket', (good: Buffer) => flipped(good), /Wrong bytes for sha256:/],
    [
      'T13: half of a layer in the bucket',
      (good: Buffer) => good.subarray(0, good.length >> 1),
      /The blob sha256:\S+ ended after \d+ of \d+ bytes/,
    ],
  ])('%s', async (title, damaged, said) => {
    const { kernels } = site.person('alice');
    const record = LaunchRecord.parse(
      JSON.parse(await readFile(join(kernels, kernel, 'berth.json'), 'utf8')),
    );
    const digest = record.image.layers.at(-1)?.digest ?? '';
    const place = { Bucket: ceph.bucket, Key: `alice/blobs/sha256/${digest.slice(7)}` };
    const s3 = new S3Client({
      endpoint: ceph.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: ceph.keys,
    });
    const good = Buffer.from(
      (await (await s3.send(new GetObjectCommand(place))).Body?.transformToByteArray()) ?? [],
    );
    try {
      const name = title.slice(0, 3);
      await s3.send(new PutObjectCommand({ ...place, Body: damaged(good) }));
      await fails(`${name}-damaged`, 65, said);
    } finally {
      await s3.send(new PutObjectCommand({ ...place, Body: good }));
      s3.destroy();
    }
    const { name } = await unmade(`${title.slice(0, 3)}-healed`);
    const started = await driver.kernel(name);
    expect((await started.execute('print(6 * 7)')).stdout).toBe('42\n');
    await started.shutdown();
    await site.untilClean(15_000);
  });

  test('wrong credentials', async () => {
    const { user } = site.person('alice');
    await login(user, { ...ceph.keys, secretAccessKey: 'wrong' });
    try {
      await fails('wrong-keys', 77, /refused access to .*SignatureDoesNotMatch.*\n.*aws\/credentials/);
      // what is known stays, with its age
      const listed = await berth('images', 'ls');
      expect(listed.stderr).toMatch(/s3: The source at http\S+ refused access .* Taking what it offered at /);
      expect(listed.stdout).toMatch(/s3\/tests\/solver:3/);
      expect(`${listed.stdout}${listed.stderr}`).not.toContain(ceph.keys.accessKeyId);
      const target = `s3://${ceph.bucket}/alice/tests/refused:1`;
      expect(await berth('images', 'push', archive, target)).toMatchObject({ status: 77 });
    } finally {
      await login(user, ceph.keys);
    }
  });

  test('T4: keys in variables stay with the client, which says so; what names a profile goes to the node', async () => {
    const { area, user } = site.person('alice');
    await rm(join(user.home, '.aws'), { recursive: true });
    const secrets = {
      AWS_ACCESS_KEY_ID: ceph.keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ceph.keys.secretAccessKey,
    };
    const file = join(area, 'keys');
    await writeFile(file, credentialsText(ceph.keys).replace('[default]', '[lab]'), { mode: 0o600 });
    await chown(file, user.uid, user.gid);
    const places = { AWS_PROFILE: 'lab', AWS_SHARED_CREDENTIALS_FILE: file };
    try {
      const said =
        /refused access to .*\(HTTP 403 AccessDenied, asked without keys\).*\n.*Put keys into ~\/\.aws\/credentials .*unlike AWS_ACCESS_KEY_ID/;
      await fails('no-keys', 77, said, secrets);
      const { name } = await unmade('a-profile');
      const started = await driver.kernel(name, { env: { ...secrets, ...places } });
      const asked = await started.execute(
        'import os; print([k for k in os.environ if k.startswith("AWS_")])',
      );
      expect(asked.stdout).toBe('[]\n');
      const holders = await holdersOf(ceph.keys.secretAccessKey);
      // control: the launcher has it from its client
      expect(holders).toContainEqual(expect.objectContaining({ slurm: false }));
      expect(holders.filter(({ slurm }) => slurm)).toEqual([]);
      await started.shutdown();
      await site.untilClean(15_000);
    } finally {
      await login(site.person('alice').user, ceph.keys);
    }
  });

  // the last one: nobody starts the gateway again
  test('the gateway is down', async () => {
    process.kill(site.cluster.pids['radosgw'] ?? 0, 'SIGKILL');
    await fails('gateway-down', 69, /The source at http\S+ does not answer: .*ECONNREFUSED/);
    const listed = await berth('images', 'ls');
    expect(listed.stderr).toMatch(/s3: The source at http\S+ does not answer.* Taking what it offered at /);
    expect(listed.stdout).toMatch(/s3\/tests\/solver:3/);
    const target = `s3://${ceph.bucket}/alice/tests/down:1`;
    expect(await berth('images', 'push', archive, target)).toMatchObject({ status: 69 });
    // what is ready starts all the same
    const started = await driver.kernel(kernel);
    expect((await started.execute('print(6 * 7)')).stdout).toBe('42\n');
    await started.shutdown();
    await site.untilClean(15_000);
  });
});
