import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { JobId } from '@berth/schema';
import { submitNotebook } from '../../../server/src/batch/submit-job.ts';
import { idOf, jobWorld, sampleRecord, type JobWorld } from './job-fixture.ts';

let world: JobWorld;
beforeEach(async () => {
  world = await jobWorld();
  const file = await world.notebook('a.ipynb');
  await submitNotebook({ id: idOf(1), file, parameters: {} }, world.context);
});
afterEach(() => world.down());

const job = (id: string) => ({
  record: sampleRecord(id),
  notebook: Buffer.from('{}'),
  parameters: [{}],
  kernelSpec: new Map<string, Buffer>(),
});

test('a directory that is there already keeps its files, also when its record cannot be read', async () => {
  const { root, record } = world.store.paths(idOf(1));
  await writeFile(join(root, 'elements'), 'results').catch(() => undefined);
  await writeFile(record, JSON.stringify({ ...sampleRecord(idOf(1)), version: 2 }));
  await expect(world.store.create(job(idOf(1)))).rejects.toMatchObject({
    code: 'job-not-kept',
    message: expect.stringContaining('there already'),
  });
  expect(existsSync(join(root, 'input.ipynb'))).toBe(true);
});

test('what could not be made whole leaves nothing', async () => {
  const kernelSpec = new Map([['no/such', Buffer.from('')]]);
  await expect(world.store.create({ ...job(idOf(2)), kernelSpec })).rejects.toMatchObject({
    code: 'job-not-kept',
  });
  expect(existsSync(world.store.paths(idOf(2)).root)).toBe(false);
});

test('of what is noted at the same time nothing is lost', async () => {
  await Promise.all([
    world.store.note(idOf(1), { jobId: JobId.parse('78') }),
    ...Array.from({ length: 20 }, (_, index) => world.store.note(idOf(1), { ended: { [index]: 'FAILED' } })),
    world.store.note(idOf(1), { cancelledElements: { 3: '2026-01-01T00:00:00Z' } }),
  ]);
  const { slurm } = await world.store.demand(idOf(1));
  expect([slurm.jobId, Object.keys(slurm.ended).length, Object.keys(slurm.cancelledElements ?? {})]).toEqual([
    '78',
    20,
    ['3'],
  ]);
});

test('what cannot be read at the moment is not written over; what is broken is', async () => {
  const path = world.store.paths(idOf(1)).slurm;
  await writeFile(path, 'half');
  await world.store.note(idOf(1), { jobId: JobId.parse('79') });
  expect((await world.store.demand(idOf(1))).slurm.jobId).toBe('79');
  const before = await readFile(path);
  await world.store.remove(idOf(1));
  await mkdir(path, { recursive: true });
  await expect(world.store.note(idOf(1), { jobId: JobId.parse('80') })).rejects.toThrow('not a regular file');
  expect(before.length).toBeGreaterThan(0);
});

test('removed it is gone, and so is what an earlier removal left', async () => {
  const { root } = world.store.paths(idOf(1));
  const rest = world.store.paths(idOf(9)).root + '.removed';
  await mkdir(rest);
  await world.store.remove(idOf(1));
  expect([existsSync(root), existsSync(rest), await world.store.ids()]).toEqual([false, false, []]);
  expect(await world.store.read(idOf(1))).toBeUndefined();
});

describe('what cannot be deleted at the moment, as on NFS what is open elsewhere', () => {
  /** Of names that are too long together: also root cannot delete it by them. */
  const fill = (place: string): void => {
    const { stderr } = spawnSync('mkdir', ['-p', Array(20).fill('x'.repeat(250)).join('/')], { cwd: place });
    expect(stderr.toString()).toBe('');
  };
  afterEach(() => void spawnSync('rm', ['-rf', world.directory]));

  test('the rest of another job: this one is removed', async () => {
    const rest = `${world.store.paths(idOf(9)).root}.removed`;
    await mkdir(rest);
    fill(rest);
    await world.store.remove(idOf(1));
    const { root } = world.store.paths(idOf(1));
    expect([existsSync(rest), existsSync(root), existsSync(`${root}.removed`)]).toEqual([true, false, false]);
  });

  test('the job itself: that is said, and it is gone all the same', async () => {
    const { root } = world.store.paths(idOf(1));
    fill(root);
    await expect(world.store.remove(idOf(1))).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
    expect(await world.store.ids()).toEqual([]);
  });
});
