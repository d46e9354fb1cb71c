import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { lstat, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Digest, Rootfs } from '@berth/schema';
import { makeHotSet } from '../../../spawner/src/launch/hot-set-maker.ts';
import { settledStart } from '../../../spawner/src/launch/hot-set-watch.ts';
import { startHolder, type Holder, type HolderOptions } from '../../../spawner/src/launch/holder.ts';
import type { Touched } from '../../../spawner/src/store/start-profile.ts';
import { hotSetPaths } from '../../../spawner/src/store/hot-set-paths.ts';
import { placeProgram } from '../native/place-program.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const DIGEST = `sha256:${'ab'.repeat(32)}` as Digest;
const ARGV = ['/usr/bin/kernel', '-f', '{connection_file}'];
const NOTHING: Touched = { opened: new Set(), lookups: new Map() };
const signal = new AbortController().signal;

/** Names that a line, a colon, or UTF-8 would break; links, modes, times; a directory that is too sparse to be taken whole. */
const IMAGE = String.raw`
set -eu
mkdir -p image/usr/lib/used/deep image/usr/lib/sparse image/etc image/home image/mnt:x
cd image
ln -s usr/lib lib
printf one >usr/lib/used/one; printf deep >usr/lib/used/deep/deep; chmod 555 usr/lib/used/deep/deep
printf x >"usr/lib/used/$(printf 'line\nbreak')"; printf y >"usr/lib/used/$(printf 'latin\351')"; printf z >usr/lib/used/-dash
ln usr/lib/used/one usr/lib/used/again
for at in $(seq 100 399); do head -c 7000 /dev/zero >usr/lib/sparse/$at; done
ln -s 100 usr/lib/sparse/link
head -c 300000 /dev/urandom >etc/big; chmod 600 etc/big
find . -exec touch -h -d @1000000000 {} +
tar -c --sort=name . | tar2sqfs --quiet -c gzip ../image.sqfs
`;

let place: string;
let holders: Holder[];
let options: HolderOptions;
let rootfs: Rootfs;

beforeEach(async () => {
  holders = [];
  // mount points may not lie where others could exchange them
  place = await realpath(await mkdtemp(join(process.env['HOME'] ?? tmpdir(), '.berth-hot-')));
  await run('sh', ['-c', IMAGE], { cwd: place });
  rootfs = { format: 'squashfs', digest: DIGEST, path: join(place, 'image.sqfs') };
  options = {
    rootfs,
    mountPoint: join(place, 'mnt'),
    squashfuse: 'squashfuse_ll',
    points: ['/home/somebody', '/etc/new'],
    program: await placeProgram(),
    home: place,
    store: place,
    path: process.env['PATH'] ?? '',
  };
});
afterEach(async () => {
  await Promise.all(holders.map((holder) => holder.release()));
  await rm(place, { recursive: true, force: true });
});

const store = () => ({ path: place, format: 'squashfs', compression: 'zstd' }) as const;
const paths = () => hotSetPaths(store(), DIGEST, ARGV);

async function hold(more: Partial<HolderOptions> = {}): Promise<Holder> {
  const holder = await startHolder({ ...options, ...more });
  holders.push(holder);
  return holder;
}

/** What a shell says that works in the tree which a kernel would get. */
async function inside(holder: Holder, script: string): Promise<string> {
  const enter = [`--target=${holder.pid}`, '--user', '--mount', '--preserve-credentials'];
  const argv = [...enter, 'sh', '-euc', `cd "$1"; ${script}`, 'sh', `${holder.mountPoint}/root`];
  const { stdout } = await run('nsenter', argv, { encoding: 'latin1', maxBuffer: 1 << 26 });
  return stdout;
}

/** All that lstat(2) tells but what differs from mount to mount: sizes of directories, times of the mount points' own. */
const LISTING = String.raw`find . -printf '%y %m %s %T@ %l %P\0' |
    sed -zE 's/^d ([0-7]+) [0-9]+/d \1/; s/ 1[1-9][0-9]{8}\.[0-9]+ / now /' | sort -z | tr '\0' '\n'
  find . -type f -print0 | sort -z | xargs -0 sha256sum`;

/** What the mount of a place was asked, when it was to learn. */
const askedOf = ({ pid }: Holder): string => `/proc/${pid}/cwd/../asked`;

/** A squashfuse_ll that always tells what it is asked. */
async function talkative(): Promise<string> {
  const path = join(place, 'talkative');
  await writeFile(path, '#!/bin/sh\nexec squashfuse_ll -d "$@"\n', { mode: 0o700 });
  return path;
}

const START =
  'cat lib/used/one lib/used/deep/deep lib/sparse/link lib/sparse/311 etc/big >/dev/null; ls lib/sparse >/dev/null';

async function learnt(): Promise<Touched> {
  const holder = await hold({ hot: paths().path });
  await inside(holder, START);
  const touched = await settledStart(askedOf(holder), signal);
  await holder.release();
  return touched;
}

/** How many processes have this in their command line; one that ends meanwhile is gone. */
const processesNaming = (text: string): number =>
  readdirSync('/proc').filter((pid) => {
    if (!/^[0-9]+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false;
    }
  }).length;

describe('a hot set', () => {
  test('is learnt from a start, changes nothing that a kernel sees, and spares the mount what it answers', async () => {
    const touched = await learnt();
    expect(touched.opened.size).toBe(5);
    await makeHotSet(paths(), touched, options, signal);

    expect(await readdir(paths().tmp)).toEqual([]);
    // a file of a sparse directory alone, all of a used one
    expect((await readdir(join(paths().path, 'usr/lib/sparse'))).sort()).toEqual(['100', '311', 'link']);
    expect(await readdir(join(paths().path, 'usr/lib/used'))).toHaveLength(6);

    const plain = await inside(await hold(), LISTING);
    expect(plain).toMatch(/^f 644 1 1000000000.0* {2}usr\/lib\/used\/latin\xe9$/m);
    expect(await inside(await hold({ hot: paths().path }), LISTING)).toBe(plain);

    const warm = await hold({ hot: paths().path, squashfuse: await talkative() });
    await inside(warm, START);
    const asked = await readFile(askedOf(warm), 'latin1');
    expect(asked).toContain('opcode: LOOKUP ');
    expect(asked).not.toContain('opcode: OPEN ');
    await expect(inside(warm, 'echo x >lib/used/one')).rejects.toThrow(/Read-only file system/);
  });

  test('a start that opened nothing makes an empty one, so that the next does not look again', async () => {
    await makeHotSet(paths(), NOTHING, options, signal);
    expect(await readdir(paths().path)).toEqual([]);
    expect(await inside(await hold({ hot: paths().path }), LISTING)).toBe(
      await inside(await hold(), LISTING),
    );
  });

  test('ended on the way, nothing of it is left', async () => {
    const touched = await learnt();
    const stop = new AbortController();
    const making = makeHotSet(paths(), touched, options, stop.signal);
    setImmediate(() => stop.abort());
    await expect(making).rejects.toThrow();
    await expect(lstat(paths().path)).rejects.toThrow(/ENOENT/);
    expect(await readdir(paths().tmp).catch(() => [])).toEqual([]);
  });

  test('a killed maker leaves no process; the next one clears its work away and makes it', async () => {
    const touched = await learnt();
    await makeHotSet({ ...paths(), path: join(paths().shelf, 'other') }, NOTHING, options, signal);
    const order = JSON.stringify({ paths: paths(), opened: [...touched.opened], options });
    const argv = ['--conditions=berth-source', join(import.meta.dirname, 'hot-maker.ts'), order];
    const maker = spawn(process.execPath, argv, { stdio: 'inherit' });
    const gone = once(maker, 'exit');
    try {
      // it runs behind all others
      await until(
        () => readdirSync(paths().tmp).some((id) => existsSync(join(paths().tmp, id, 'tree/usr'))),
        60_000,
      );
      expect(processesNaming(options.mountPoint)).toBeGreaterThan(1);
    } finally {
      maker.kill('SIGKILL');
      await gone;
    }
    await until(() => processesNaming(options.mountPoint) === 0 && processesNaming(paths().tmp) === 0);
    expect(await readdir(paths().tmp)).not.toEqual([]);
    await makeHotSet(paths(), touched, options, signal);
    expect(await readdir(paths().tmp)).toEqual([]);
    expect(await readdir(paths().path)).toContain('usr');
  });

  test('somebody else makes it: nothing is done twice', async () => {
    const touched = await learnt();
    await Promise.all([1, 2].map(() => makeHotSet(paths(), touched, options, signal)));
    expect(await readdir(paths().tmp)).toEqual([]);
    expect(await readdir(paths().path)).toContain('usr');
  });
});
