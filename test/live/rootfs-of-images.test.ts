import { execFile } from 'node:child_process';
import { chmod, chown, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { MOUNT_DIRECTORIES, MOUNT_FILES } from '../../spawner/src/store/mount-points.ts';
import { buildImages, pushImages, type BuiltImage } from '../images/images.ts';
import { ownRegistry, type OwnRegistry } from '../images/own-registry.ts';
import { layoutImage } from '../spawner/store/layout-source.ts';
import type { MakerOrder } from '../spawner/store/maker.ts';
import { listTree } from '../spawner/store/tree-listing.ts';
import { extractLayers } from './reference-extraction.ts';

const run = promisify(execFile);
const NAMES = ['debian-python', 'mixed-python', 'opaque-kernel', 'no-kernel'];
const NOBODY = 65534;
const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', '--'];

let directory: string;
let registry: OwnRegistry;
let images: readonly BuiltImage[];
let node: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rootfs-test-'));
  await chmod(directory, 0o755);
  registry = await ownRegistry();
  images = await buildImages({ only: NAMES });
  await pushImages(images, registry.host);
  // a checkout may lie where only its owner comes; nobody needs the programs
  node = join(directory, 'node');
  await copyFile(process.execPath, node);
  await build({
    entryPoints: ['maker.ts', 'mounted-listing.ts'].map((f) =>
      join(import.meta.dirname, '../spawner/store', f),
    ),
    ...{ bundle: true, platform: 'node', format: 'esm', conditions: ['berth-source'], outdir: directory },
    outExtension: { '.js': '.mjs' },
  });
}, 600_000);
afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

/** In a directory of nobody's: from the registry to a rootfs, and what is in it. */
async function madeAsNobody(built: BuiltImage, format: 'squashfs' | 'directory'): Promise<string[]> {
  const home = await mkdtemp(join(directory, 'home-'));
  const mountPoint = await mkdtemp(join(directory, 'mnt-'));
  for (const path of [home, mountPoint]) await chown(path, NOBODY, NOBODY);
  const order: MakerOrder = {
    image: await layoutImage(built.layout, built.repository),
    from: `http://${registry.host}`,
    store: { path: join(home, 'store'), format, compression: 'zstd' },
  };
  const maker = [node, join(directory, 'maker.mjs'), JSON.stringify(order)];
  const { stdout } = await run('setpriv', [...asNobody, ...maker], { cwd: home, maxBuffer: 1 << 26 });
  const last = stdout.trim().split('\n').at(-1) ?? '';
  expect(last).toMatch(/^done /);
  const path = last.slice(5);
  if (format === 'directory') return listTree(path);
  const namespace = ['unshare', '-Um', '--map-current-user', '--keep-caps'];
  const lister = [node, join(directory, 'mounted-listing.mjs'), path, mountPoint];
  const listing = await run('setpriv', [...asNobody, ...namespace, ...lister], {
    cwd: home,
    maxBuffer: 1 << 28,
  });
  return JSON.parse(listing.stdout) as string[];
}

/** What the rules make of a listing of GNU tar's; then both must be the same, byte for byte and second for second. */
function normalised(lines: readonly string[]): string[] {
  const right = lines
    .filter((line) => !line.endsWith(' other'))
    .map((line) =>
      line.replace(/^(.*) (file|directory) ([0-7]+) /, (_all, path: string, type: string, text: string) => {
        const mode = parseInt(text, 8);
        const right = type === 'file' ? (mode & 0o777) | 0o400 : (mode & 0o1777) | 0o700;
        return `${path} ${type} ${right.toString(8)} `;
      }),
    );
  // GNU tar itself changes directories after it has set their times
  return withoutTimes(right);
}

const withoutTimes = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/^(.* directory [0-7]+) .*$/, '$1'));

function difference(some: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return some.filter((line) => !known.has(line)).slice(0, 20);
}

const isAdded = (line: string): boolean =>
  [...MOUNT_DIRECTORIES, ...MOUNT_FILES].some(
    (path) => line.startsWith(`${path} `) && /^\S+ \S+ (?:755|644) 0/.test(line),
  );

test.each(NAMES)(
  '%s, made by an ordinary user, equals what GNU tar and plain rules make of it',
  async (name) => {
    const built = images.find((image) => image.name === name);
    if (built === undefined) throw new Error('not built');
    const reference = join(directory, `reference-${name}`);
    await extractLayers(built.layout, await layoutImage(built.layout), reference);
    const wanted = normalised(listTree(reference));
    await rm(reference, { recursive: true });
    const paths = new Set(wanted.map((line) => line.split(' ')[0]));
    const got = await madeAsNobody(built, 'squashfs');
    const same = withoutTimes(got.filter((line) => paths.has(line.split(' ')[0]) || !isAdded(line)));
    // a diff of 10,000 lines takes jest a minute
    expect(difference(wanted, same)).toEqual([]);
    expect(difference(same, wanted)).toEqual([]);
    expect(same.length).toBe(wanted.length);
  },
  120_000,
);

test('the directory format holds the same, without write permission for others', async () => {
  const built = images.find((image) => image.name === 'no-kernel');
  if (built === undefined) throw new Error('not built');
  const closed = (line: string) =>
    line.replace(/ (file|directory) ([0-7]+) /, (_all, type: string, mode: string) => {
      return ` ${type} ${(parseInt(mode, 8) & ~0o022).toString(8)} `;
    });
  const packed = await madeAsNobody(built, 'squashfs');
  expect(await madeAsNobody(built, 'directory')).toEqual(packed.map(closed));
}, 120_000);
