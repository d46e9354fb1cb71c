import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Config, Failure, Repository, SourceAlias, Tag } from '@berth/schema';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { publishCatalog } from '../../../server/src/catalog/publish-catalog.ts';
import { publishedFile, readShared } from '../../../server/src/catalog/shared-catalog.ts';
import type { Catalog } from '../../../server/src/catalog/catalog.ts';

const url = 'https://registry.example.org';
const config = Config.parse({ sources: { lab: { type: 'registry', url } } });
const owner = process.getuid?.() ?? 0;
const lab = SourceAlias.parse('lab');
const catalog: Catalog = {
  sources: [{ alias: lab, state: 'listed', notices: [], complete: true }],
  entries: [],
};
const neverFailed = (alias: string, error: unknown): never => {
  throw new Error(alias, { cause: error });
};
let directory = '';
beforeEach(async () => {
  // not below /tmp, where anybody may write
  directory = await mkdtemp(join(homedir(), '.berth-shared-'));
  await publishCatalog(
    catalog,
    config,
    join(directory, 'shared'),
    async () => ({ gid: undefined }),
    '2026-11-21T00:00:00Z',
    neverFailed,
  );
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const NOW = Date.parse('2026-11-21T00:05:00Z');
const read = (as = owner, now = NOW) =>
  readShared(config, { directory: join(directory, 'shared'), owner: as }, now);
const stateOf = async (as?: number) => (await read(as)).sources[0]?.state;

test('what was published is read', async () => {
  expect(await read()).toEqual(catalog);
});

test.each([
  ['others may write in its directory', () => chmod(join(directory, 'shared'), 0o777)],
  ['others may write the file', () => chmod(publishedFile(join(directory, 'shared'), 'lab'), 0o666)],
  [
    'it is a link',
    async () => {
      const file = publishedFile(join(directory, 'shared'), 'lab');
      await rename(file, `${file}.real`);
      await symlink(`${file}.real`, file);
    },
  ],
  [
    'its directory is a link',
    async () => {
      await rename(join(directory, 'shared/lab'), join(directory, 'elsewhere'));
      await symlink(join(directory, 'elsewhere'), join(directory, 'shared/lab'));
    },
  ],
])('not when %s', async (_, spoil) => {
  await spoil();
  expect(await stateOf()).toBe('unreachable');
});

test('nor when it is of another account, another address, or not there', async () => {
  expect(await stateOf(owner + 1)).toBe('unreachable');
  const moved = Config.parse({ sources: { lab: { type: 'registry', url: 'https://other.example.org' } } });
  const { sources } = await readShared(moved, { directory: join(directory, 'shared'), owner }, NOW);
  expect(sources[0]?.state).toBe('unreachable');
  await mkdir(join(directory, 'empty'));
  expect(
    (await readShared(config, { directory: join(directory, 'empty'), owner }, NOW)).sources[0]?.state,
  ).toBe('unreachable');
});

test('of a service that has not looked for hours it is old, and said to be (F6)', async () => {
  const { sources } = await read(owner, NOW + 5 * 3_600_000);
  expect(sources).toEqual([expect.objectContaining({ state: 'stale', at: '2026-11-21T00:00:00Z' })]);
});

test('an image that nothing can be found in is told of, with the reason; the others that are gone are gone', async () => {
  const ref = { source: lab, repository: Repository.parse('rotten'), tag: Tag.parse('1') };
  const failure = new Failure('image-missing', { ref: 'lab/rotten:1' });
  const one: Catalog = { ...catalog, entries: [{ state: 'failed', ref, failure }] };
  const shared = join(directory, 'shared');
  const at = '2026-11-21T00:00:00Z';
  await publishCatalog(one, config, shared, async () => ({ gid: undefined }), at, neverFailed);
  const { sources, entries } = await read();
  expect(sources).toEqual([expect.objectContaining({ state: 'listed', complete: true })]);
  expect(entries).toEqual([{ state: 'failed', ref, failure: expect.any(Failure) }]);
  const [entry] = entries;
  expect(entry?.state === 'failed' && entry.failure.toProblem()).toEqual(failure.toProblem());
});

test('what a service before this one has published is read: of none it told that it failed', async () => {
  const file = publishedFile(join(directory, 'shared'), 'lab');
  const { failed: _, ...older } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, JSON.stringify(older));
  expect(await read()).toEqual(catalog);
});

test('a source whose group cannot be told costs no other, and stays as closed as it was', async () => {
  const two = Config.parse({
    sources: { lab: { type: 'registry', url }, typo: { type: 'registry', url, audience: 'no-such' } },
  });
  const both: Catalog = {
    sources: [
      { alias: SourceAlias.parse('typo'), state: 'listed', notices: [], complete: true },
      { alias: lab, state: 'listed', notices: [], complete: true },
    ],
    entries: [],
  };
  const shared = join(directory, 'both');
  const failed: string[] = [];
  const readersOf = async (alias: string) => {
    if (alias === 'typo') throw new Error('there is no group no-such');
    return { gid: undefined };
  };
  await publishCatalog(both, two, shared, readersOf, '2026-11-21T00:00:00Z', (alias) => failed.push(alias));
  expect(failed).toEqual(['typo']);
  const { sources } = await readShared(two, { directory: shared, owner }, NOW);
  expect(sources.map(({ alias, state }) => `${alias} ${state}`)).toEqual(['lab listed', 'typo unreachable']);
});

test('a source that does not answer is closed all the same when its audience is new', async () => {
  const gone = new Failure('source-unreachable', { url, why: 'away' });
  const shared = join(directory, 'shared');
  const silent: Catalog = { sources: [{ alias: lab, state: 'unreachable', failure: gone }], entries: [] };
  await publishCatalog(silent, config, shared, async () => ({ gid: process.getgid?.() }), '', neverFailed);
  expect((await stat(join(shared, 'lab'))).mode & 0o777).toBe(0o750);
  // ... and open to the new one with all that is in it: what they may not read would be an empty source to them
  const file = await stat(publishedFile(shared, 'lab'));
  expect([file.mode & 0o777, file.gid]).toEqual([0o640, process.getgid?.()]);
});
