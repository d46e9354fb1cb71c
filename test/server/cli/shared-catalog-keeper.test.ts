import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Config } from '@berth/schema';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { publishedFile, readShared } from '../../../server/src/catalog/shared-catalog.ts';
import { SharedCatalogKeeper } from '../../../server/src/cli/shared-catalog-keeper.ts';
import { closeStandIns, page, standIn } from '../../spawner/image/bucket-stand-in.ts';
import { reply } from '../../spawner/image/scripted-server.ts';
import { until } from '../../cluster/until.ts';

const NOW = Date.parse('2026-11-21T00:00:00Z');
const owner = process.getuid?.() ?? 0;
const group = process.getgid?.() ?? 0;
let directory = '';
beforeEach(async () => {
  // not below /tmp, where anybody may write
  directory = await mkdtemp(join(homedir(), '.berth-keeper-'));
});
afterEach(async () => {
  await closeStandIns();
  await rm(directory, { recursive: true, force: true });
});

/** One look of a keeper into a bucket for `audience`; what the machine says of that group is `line`. */
async function looked(audience: string | undefined, line: string) {
  const gateway = await standIn((_request, answer) => reply(answer, 200, {}, page([])));
  const bucket = { type: 'bucket', endpoints: [gateway.url], bucket: 'images', credentials: 'anonymous' };
  const shared = { directory: join(directory, 'shared'), owner };
  const config = Config.parse({
    sources: { s3: { ...bucket, ...(audience !== undefined && { audience }) } },
    catalog: { cache: join(directory, 'cache'), shared },
  });
  const warned: string[] = [];
  const asked: (readonly string[])[] = [];
  const keeper = new SharedCatalogKeeper({
    config: async () => config,
    credentials: async () => undefined,
    run: async (argv) => {
      asked.push(argv);
      return { status: line === '' ? 2 : 0, stdout: line, stderr: '', signal: null };
    },
    warn: (_event, { why = '' }) => void warned.push(why),
    now: () => NOW,
  });
  const file = publishedFile(shared.directory, 's3');
  const published = () => stat(file).catch(() => undefined);
  keeper.begin();
  try {
    await until(async () => warned.length > 0 || (await published()) !== undefined, 10_000);
  } finally {
    await keeper.close();
  }
  return { config, shared, file, warned, asked, found: await published() };
}

test('a bucket for a group: its part is that group`s, and closed to all others', async () => {
  const { file, found, asked, config, shared } = await looked('project', `project:x:${group}:alice\n`);
  expect(asked).toEqual([['/usr/bin/getent', 'group', 'project']]);
  expect([found?.gid, (found?.mode ?? 0) & 0o777]).toEqual([group, 0o640]);
  const place = await stat(dirname(file));
  expect([place.gid, place.mode & 0o777]).toEqual([group, 0o750]);
  expect((await readShared(config, shared, NOW)).sources[0]?.state).toBe('listed');
  // under the same name in another bucket it means something else
  const other = Config.parse({
    sources: { s3: { type: 'bucket', endpoints: ['https://s3.example.org'], bucket: 'other' } },
  });
  expect((await readShared(other, shared, NOW)).sources[0]?.state).toBe('unreachable');
});

test('control: a bucket without an audience is for everybody', async () => {
  const { found, asked } = await looked(undefined, '');
  expect([asked, (found?.mode ?? 0) & 0o777]).toEqual([[], 0o644]);
});

test.each(['', 'other:x:7:\n', 'project:x:many:\n'])(
  'nothing is published when the group is %j',
  async (line) => {
    const { found, warned } = await looked('project', line);
    expect([found, warned]).toEqual([undefined, [expect.stringContaining('there is no group project')]]);
  },
);
