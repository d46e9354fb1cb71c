import { expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Config } from '@berth/schema';
import { commandRunner, type RunCommand } from '@berth/spawner/slurm';
import { LiveConfig } from '../../../server/src/cli/live-config.ts';
import { ownSources } from '../../../server/src/cli/own-sources.ts';

const url = 'https://registry.example.org';
const loaded = {
  file: '/etc/berth/config.yaml',
  config: Config.parse({
    sources: {
      lab: { type: 'registry', url },
      project: { type: 'registry', url, audience: 'project' },
      domain: { type: 'registry', url, audience: 'users' },
    },
  }),
};
/** The caller's gids are 7 and `more`; `known` is what getent finds, `named` whether id has a name for each own gid. */
const as = (more: readonly number[], known: Readonly<Record<string, number>>, named = true) => {
  const asked: string[] = [];
  const run = async ([program = '', , group = '']: readonly string[]) => {
    asked.push(program);
    const answer = { signal: null, stdout: '', stderr: '' };
    if (program.endsWith('id')) return { ...answer, status: named ? 0 : 1 };
    const gid = known[group];
    return gid === undefined
      ? { ...answer, status: 2 }
      : { ...answer, status: 0, stdout: `${group}:x:${gid}:\n` };
  };
  return { run, asked, groups: new Set([7, ...more]) };
};
const seen = async (own: Parameters<typeof ownSources>[1]) =>
  Object.keys((await ownSources(loaded, own)).config.sources);
const KNOWN = { project: 40, users: 50 };

test('a source for others is not there (T27)', async () => {
  expect(await seen(as([], KNOWN))).toEqual(['lab']);
  expect(await seen(as([40], KNOWN))).toEqual(['lab', 'project']);
});

test('a group without a name, as AFS gives one to each login, hides nothing and shows nothing', async () => {
  expect(await seen(as([40, 1_107_296_256], KNOWN, false))).toEqual(['lab', 'project']);
});

test('a group that does not exist is nobody`s', async () => {
  expect(await seen(as([40], { project: 40 }))).toEqual(['lab', 'project']);
});

test('while the directory of accounts is away nothing is told, rather than that sources were gone', async () => {
  const away = as([40], {}, false);
  await expect(ownSources(loaded, away)).rejects.toMatchObject({ code: 'group-unknown' });
  const broken = { ...away, run: () => Promise.reject(new Error('spawn getent EAGAIN')) };
  await expect(ownSources(loaded, broken)).rejects.toMatchObject({ code: 'group-unknown' });
});

test.each(['getent', 'id'])('... also while %s takes too long, and is ended', async (slow) => {
  const own = as([40], {});
  const end = commandRunner({}, 50);
  const run: RunCommand = (argv) =>
    argv[0]?.endsWith(`/${slow}`) ? end(['/usr/bin/sleep', '60']) : own.run(argv);
  await expect(ownSources(loaded, { ...own, run })).rejects.toMatchObject({ code: 'group-unknown' });
});

test.each([null, 1, 3])('... nor is what getent says with %j taken for "there is none"', async (status) => {
  const own = as([40], KNOWN);
  const run = async (argv: readonly string[]) => ({
    ...(await own.run(argv)),
    ...(argv[0]?.endsWith('getent') && { status, stdout: '' }),
  });
  await expect(ownSources(loaded, { ...own, run })).rejects.toMatchObject({ code: 'group-unknown' });
});

test('a directory that knows the group by its number alone says that it is one`s own', async () => {
  const own = as([40], {});
  const named = (names: readonly string[], status: number) => ({
    ...own,
    run: async (argv: readonly string[]) => ({
      ...(await own.run(argv)),
      ...(argv[0]?.endsWith('id') && { status, stdout: names.map((name) => `${name}\0`).join('') }),
    }),
  });
  expect(await seen(named(['alice', 'project'], 0))).toEqual(['lab', 'project']);
  // names of accounts of Windows have spaces
  expect(await seen(named(['alice', 'project users'], 0))).toEqual(['lab']);
});

test('a live configuration stays in force meanwhile, and is asked again', async () => {
  let own = as([40], KNOWN);
  let now = 0;
  let touched = '1';
  const directory = await mkdtemp(join(tmpdir(), 'berth-own-'));
  const file = join(directory, 'config.yaml');
  try {
    await writeFile(file, touched);
    const live = new LiveConfig({ option: file, home: directory }, () => now, {
      load: () => ownSources(loaded, own),
      patience: 60_000,
    });
    const sources = async () => Object.keys((await live.config()).sources);
    expect(await sources()).toEqual(['lab', 'project']);
    own = as([], {}, false);
    await writeFile(file, (touched += '1'));
    now += 2_000;
    expect(await sources()).toEqual(['lab', 'project']);
    own = as([], KNOWN);
    now += 2_000;
    expect(await sources()).toEqual(['lab']);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('nothing is asked where all is for everybody', async () => {
  const own = as([], {});
  const plain = { ...loaded, config: Config.parse({ sources: { lab: { type: 'registry', url } } }) };
  expect(await ownSources(plain, own)).toBe(plain);
  expect(own.asked).toEqual([]);
});
