import { mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Digest } from '@berth/schema';
import { dropClaim, takeClaim, watchClaim } from '../../../spawner/src/store/claim.ts';
import {
  currentProcess,
  formatIdentity,
  type ProcessIdentity,
} from '../../../spawner/src/store/process-identity.ts';
import { storePaths, type StorePaths } from '../../../spawner/src/store/store-paths.ts';
import { sweep } from '../../../spawner/src/store/sweep.ts';
import { openWork } from '../../../spawner/src/store/work.ts';
import { until } from '../../cluster/until.ts';

let paths: StorePaths;
let me: ProcessIdentity;
beforeEach(async () => {
  const path = await mkdtemp(join(tmpdir(), 'claim-test-'));
  const digest = Digest.parse(`sha256:${'a'.repeat(64)}`);
  paths = storePaths({ path, format: 'squashfs', compression: 'zstd' }, digest);
  await mkdir(paths.tmp);
  me = await currentProcess();
});
afterEach(() => rm(paths.root, { recursive: true, force: true }));

const claim = () => readlink(join(paths.tmp, `${paths.name}.claim`));
const dead = () => ({ ...me, start: '1' });

test('of fifty that want it one gets it; when it gives it up it is free again', async () => {
  const works = await Promise.all(Array.from({ length: 50 }, () => takeClaim(paths, me)));
  const [winner] = works.filter((work) => work !== undefined);
  expect(works.filter((work) => work !== undefined)).toHaveLength(1);
  expect(await watchClaim(paths, me).look()).not.toBe('free');
  if (winner) await dropClaim(paths, winner);
  expect(await watchClaim(paths, me).look()).toBe('free');
  expect(await readdir(paths.tmp)).toEqual([]);
});

test('a dead holder of this node is cleared away at once, with its work', async () => {
  const work = await takeClaim(paths, dead());
  expect(await watchClaim(paths, me).look()).toBe('free');
  expect(await readdir(paths.tmp)).toEqual([]);
  await work?.remove();
});

test('a holder of another node keeps it while it beats, and loses it when it is silent', async () => {
  const work = await takeClaim(paths, { ...me, node: 'elsewhere' });
  let now = 0;
  const watch = watchClaim(paths, me, 1500, () => now);
  const beat = () => readFile(join(paths.tmp, work?.id ?? '', 'beat'), 'utf8');
  for (let beats = 0; beats < 3; beats += 1) {
    const last = await beat();
    expect(await watch.look()).toMatchObject({ bytes: 0 });
    now += 1400;
    expect(await until(async () => (await beat()) !== last, 60_000)).toBe(true);
  }
  expect(await watch.look()).toMatchObject({ bytes: 0 });
  if (work) await dropClaim(paths, work);
  // what stays when it dies: the same files, no beat
  const silent = join(paths.tmp, `${paths.name}.0.work`);
  await mkdir(silent);
  await writeFile(join(silent, 'owner'), formatIdentity({ ...me, node: 'elsewhere' }));
  await writeFile(join(silent, 'beat'), '7 0 0\n');
  await symlink(`${paths.name}.0.work`, join(paths.tmp, `${paths.name}.claim`));
  expect(await watch.look()).not.toBe('free');
  now += 1400;
  expect(await watch.look()).not.toBe('free');
  now += 200;
  expect(await watch.look()).toBe('free');
  expect(await readdir(paths.tmp)).toEqual([]);
});

test('what a holder tells is seen by those who wait', async () => {
  const work = await takeClaim(paths, me);
  work?.tell(5, 10);
  const watch = watchClaim(paths, me);
  for (;;) {
    const seen = await watch.look();
    if (seen !== 'free' && seen.total === 10) break;
  }
  if (work) await dropClaim(paths, work);
});

test('many that find a dead holder at once: one claim in the end, and none that lives is lost', async () => {
  for (let round = 0; round < 20; round++) {
    const gone = await takeClaim(paths, dead());
    const works = await Promise.all(
      Array.from({ length: 10 }, async () => {
        await watchClaim(paths, me).look();
        return takeClaim(paths, me);
      }),
    );
    const held = works.filter((work) => work !== undefined);
    expect(held.map(({ id }) => id)).toContain(await claim());
    for (const work of held) await dropClaim(paths, work);
    await gone?.remove();
  }
  expect(await readdir(paths.tmp)).toEqual([]);
});

test('a sweep takes the work of the dead and leaves that of the living, here and elsewhere', async () => {
  const mine = await openWork(paths.tmp, 'a', me);
  const living = await openWork(paths.tmp, 'b', me);
  const elsewhere = await openWork(paths.tmp, 'c', { ...me, node: 'elsewhere' });
  const killed = await openWork(paths.tmp, 'd', dead());
  await sweep(paths.tmp, mine, me);
  expect((await readdir(paths.tmp)).sort()).toEqual([mine.id, living.id, elsewhere.id].sort());
  for (const work of [mine, living, elsewhere, killed]) await work.remove();
});
