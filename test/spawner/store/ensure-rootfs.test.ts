import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isFailure } from '@berth/schema';
import {
  ensureRootfs,
  findRootfs,
  type EnsureOptions,
  type Progress,
} from '../../../spawner/src/store/index.ts';
import { opaque, whiteout, type TarEntry } from '../../images/ustar.ts';
import { blobFile, layoutImage, layoutSource, limits } from './layout-source.ts';
import { StoreFixture } from './store-fixture.ts';
import { listTree } from './tree-listing.ts';

let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await StoreFixture.open();
});
afterEach(() => fixture.close());

const LAYERS: readonly (readonly TarEntry[])[] = [
  [
    { path: 'usr', type: 'directory' },
    { path: 'usr/bin', type: 'directory', mode: 0o555 },
    { path: 'usr/bin/su', content: 'su', mode: 0o4755 },
    { path: 'usr/bin/secret', content: 'x', mode: 0o000 },
    { path: 'bin', type: 'symlink', target: 'usr/bin' },
    { path: 'usr/bin/one', content: 'one' },
    { path: 'usr/bin/two', type: 'hardlink', target: 'usr/bin/one' },
    { path: 'old/gone', content: 'gone' },
    { path: 'closed/below', content: 'below' },
    { path: 'tmp', type: 'directory', mode: 0o1777 },
  ],
  [
    { path: 'bin/new', content: 'n'.repeat(300_000) },
    whiteout('old'),
    whiteout('usr/bin/one'),
    opaque('closed'),
    { path: 'closed/own', content: 'own' },
  ],
];
/** path, type and mode of what is there without the mount points */
const expected = [
  'bin symlink usr/bin',
  'closed directory 755',
  'closed/own file 644',
  'tmp directory 1777',
  'usr directory 755',
  'usr/bin directory 755',
  'usr/bin/new file 644',
  'usr/bin/secret file 400',
  'usr/bin/su file 755',
  'usr/bin/two file 644',
];
const points = /^(?:dev|proc|sys|run|home|mnt|etc)(?:\/|$)/;
const brief = (lines: readonly string[]): string[] =>
  lines
    .map((line) => line.split(' ').slice(0, 3).join(' '))
    .filter((line) => !points.test(line.split(' ')[0] ?? ''));

async function ensure(layout: string, over: Partial<EnsureOptions> = {}) {
  const image = await layoutImage(layout);
  return ensureRootfs(image, layoutSource(layout), {
    store: fixture.store(),
    tar2sqfs: 'tar2sqfs',
    limits,
    ...over,
  });
}
const leftovers = (path = fixture.store().path): Promise<string[]> => readdir(join(path, 'tmp'));
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing failed',
    (error: unknown) => (isFailure(error) ? `${error.code}: ${error.message}` : error),
  );

describe('a rootfs', () => {
  test('as squashfs holds the merged tree, normalised, with mount points', async () => {
    const layout = await fixture.layout(...LAYERS);
    const rootfs = await ensure(layout);
    const { digest } = await layoutImage(layout);
    expect(rootfs.path).toBe(join(fixture.store().path, 'sqfs/sha256', `${digest.slice(7)}.sqfs`));
    const lines = await fixture.squashfsListing(rootfs.path);
    expect(brief(lines)).toEqual(expected);
    expect(lines).toContain(`usr/bin directory 755 ${Date.UTC(2026, 0, 1) / 1000}`);
    expect(
      lines
        .map((line) => line.split(' ').slice(0, 2).join(' '))
        .filter((line) => points.test(line.split(' ')[0] ?? '')),
    ).toEqual([
      ...['dev', 'etc'].map((path) => `${path} directory`),
      ...['etc/group', 'etc/hosts', 'etc/passwd', 'etc/resolv.conf'].map((path) => `${path} file`),
      ...['home', 'mnt', 'proc', 'run', 'run/berth', 'sys'].map((path) => `${path} directory`),
    ]);
    expect(await leftovers()).toEqual([]);
    for (const path of ['', 'sqfs', 'sqfs/sha256', 'tmp']) {
      expect((await lstat(join(fixture.store().path, path))).mode & 0o777).toBe(0o700);
    }
  });

  test('as directory is the same tree, writable for nobody else', async () => {
    const layout = await fixture.layout(...LAYERS);
    const packed = await fixture.squashfsListing((await ensure(layout)).path);
    const { path } = await ensure(layout, { store: fixture.store({ format: 'directory' }) });
    const unpacked = listTree(path);
    expect(unpacked.map((line) => line.replace('tmp directory 1755', 'tmp directory 1777'))).toEqual(packed);
  });

  test('names of one body are one file', async () => {
    const layout = await fixture.layout([
      { path: 'a', content: 'body' },
      { path: 'b', type: 'hardlink', target: 'a' },
    ]);
    const { path } = await ensure(layout);
    expect((await fixture.squashfsListing(path)).filter((l) => / file .*=/.test(l))).toHaveLength(1);
  });

  test('is found by one look afterwards, and only in its own format', async () => {
    const layout = await fixture.layout([{ path: 'a' }]);
    const { digest } = await layoutImage(layout);
    expect(await findRootfs(fixture.store(), digest)).toBeUndefined();
    const rootfs = await ensure(layout);
    expect(await findRootfs(fixture.store(), digest)).toEqual(rootfs);
    expect(await findRootfs(fixture.store({ format: 'directory' }), digest)).toBeUndefined();
  });

  test('progress goes up to the total, for fetching and for packing', async () => {
    const seen: Progress[] = [];
    await ensure(await fixture.layout(...LAYERS), { onProgress: (progress) => seen.push(progress) });
    const last = (doing: Progress['doing']) => seen.filter((progress) => progress.doing === doing).at(-1);
    expect(last('fetching')?.bytes).toBe(last('fetching')?.total);
    expect(last('packing')?.bytes).toBe(last('packing')?.total);
  });
});

describe('several makers of one image', () => {
  test('twelve at once: one file, one fetching of it, nothing left over', async () => {
    const layout = await fixture.layout(...LAYERS);
    const image = await layoutImage(layout);
    const opened: string[] = [];
    const source = layoutSource(layout, (bytes, digest) => {
      opened.push(digest);
      return bytes;
    });
    const options = { store: fixture.store(), tar2sqfs: 'tar2sqfs', limits };
    const made = await Promise.all(Array.from({ length: 12 }, () => ensureRootfs(image, source, options)));
    expect(new Set(made.map(({ path }) => path)).size).toBe(1);
    expect(opened.sort()).toEqual(image.layers.map(({ digest }) => digest).sort());
    expect(await leftovers()).toEqual([]);
  });

  test('a maker killed while it fetches: the waiting one takes over within seconds', async () => {
    const layout = await fixture.layout(...LAYERS);
    const dead = fixture.maker({
      image: await layoutImage(layout),
      from: layout,
      store: fixture.store(),
      stall: true,
    });
    await dead.said('stalled');
    const next = fixture.maker({ image: await layoutImage(layout), from: layout, store: fixture.store() });
    await next.said('waiting');
    const since = performance.now();
    dead.child.kill('SIGKILL');
    const path = (await next.said('done')).slice(5);
    // a maker whose end nobody sees is waited for for 15 s
    expect(performance.now() - since).toBeLessThan(12_000);
    expect(brief(await fixture.squashfsListing(path))).toEqual(expected);
    await next.ended;
    expect(await leftovers()).toEqual([]);
  });

  test('a maker killed while it packs leaves no process and nothing under the final name', async () => {
    const layout = await fixture.layout(...LAYERS);
    const pidFile = join(fixture.path, 'pid');
    const slow = join(fixture.path, 'slow-tar2sqfs');
    await writeFile(
      slow,
      `#!/bin/sh\necho $$ > '${pidFile}.new'; mv '${pidFile}.new' '${pidFile}'\nexec sleep 1000\n`,
    );
    await chmod(slow, 0o755);
    const dead = fixture.maker({
      image: await layoutImage(layout),
      from: layout,
      store: fixture.store(),
      tar2sqfs: slow,
    });
    await dead.said('packing');
    let pid = '';
    while (pid === '') {
      pid = await readFile(pidFile, 'utf8').catch(() => '');
      await new Promise((resolve) => setImmediate(resolve));
    }
    dead.child.kill('SIGKILL');
    await dead.ended;
    const alive = () =>
      readFile(`/proc/${pid.trim()}/stat`, 'utf8').then(
        (s) => !/\) [ZX] /.test(s),
        () => false,
      );
    const since = performance.now();
    while ((await alive()) && performance.now() - since < 2000) await new Promise((r) => setImmediate(r));
    expect(await alive()).toBe(false);
    expect(await readdir(join(fixture.store().path, 'sqfs/sha256'))).toEqual([]);
    expect((await leftovers()).length).toBeGreaterThan(0);
    await ensure(layout);
    expect(await leftovers()).toEqual([]);
  });
});

describe('what fails leaves nothing behind', () => {
  test('one flipped byte in a layer (T12)', async () => {
    const layout = await fixture.layout(...LAYERS);
    const layer = (await layoutImage(layout)).layers[0];
    const file = blobFile(layout, layer?.digest ?? ('' as never));
    const bytes = await readFile(file);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
    await writeFile(file, bytes);
    expect(await failureOf(ensure(layout))).toMatch(/^blob-digest-mismatch/);
    expect(await leftovers()).toEqual([]);
  });

  test('cancelled while fetching, while packing and while waiting', async () => {
    const layout = await fixture.layout(...LAYERS);
    for (const when of ['fetching', 'packing'] as const) {
      const stop = new AbortController();
      const onProgress = ({ doing }: Progress) => doing === when && stop.abort();
      expect(await failureOf(ensure(layout, { signal: stop.signal, onProgress }))).toMatch(/^cancelled/);
      expect(await leftovers()).toEqual([]);
    }
    await fixture
      .maker({ image: await layoutImage(layout), from: layout, store: fixture.store(), stall: true })
      .said('stalled');
    const stop = new AbortController();
    const onProgress = ({ doing }: Progress) => doing === 'waiting' && stop.abort();
    expect(await failureOf(ensure(layout, { signal: stop.signal, onProgress }))).toMatch(/^cancelled/);
  });

  // a tmpfs of a few blocks, in a user namespace: no root needed
  test.each([
    ['the layers', 'squashfs', '64k'],
    ['the squashfs', 'squashfs', '440k'],
    ['the files', 'directory', '500k'],
  ] as const)('no room for %s', async (_what, format, size) => {
    const noise = randomBytes(300_000);
    const layout = await fixture.layout([{ path: 'noise', content: noise }]);
    const path = await fixture.directory('small');
    const script = `mount -t tmpfs -o size=${size} tmpfs "$0" && exec "$@"`;
    const wrapper = ['unshare', '-Urm', 'sh', '-c', script, path];
    const maker = fixture.maker(
      {
        image: await layoutImage(layout),
        from: layout,
        store: fixture.store({ path: join(path, 'store'), format }),
      },
      wrapper,
    );
    expect(await maker.said('failed')).toMatch(/^failed store-full/);
  });

  test("somebody else's store, and one below a link, are refused (T5)", async () => {
    const layout = await fixture.layout([{ path: 'a' }]);
    const store = fixture.store();
    await mkdir(store.path);
    const elsewhere = await fixture.directory('elsewhere');
    await symlink(elsewhere, join(store.path, 'sqfs'));
    expect(await failureOf(ensure(layout))).toMatch(/^store-refused/);
    expect(await failureOf(ensure(layout, { store: fixture.store({ path: '/proc/sys' }) }))).toMatch(
      /^store-|^rootfs-/,
    );
    expect(await readdir(elsewhere)).toEqual([]);
  });
});
