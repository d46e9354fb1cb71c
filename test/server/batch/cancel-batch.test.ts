import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cancelBatch } from '../../../server/src/batch/cancel-batch.ts';
import { submitNotebook } from '../../../server/src/batch/submit-job.ts';
import { idOf, jobWorld, type JobWorld } from './job-fixture.ts';

const id = idOf(1);
let world: JobWorld;
beforeEach(async () => {
  world = await jobWorld();
  await submitNotebook({ id, file: await world.notebook('a.ipynb'), parameters: {} }, world.context);
  world.answerOf('squeue', { stdout: `berth-job:${id}|77\n` });
});
afterEach(() => world.down());

const cancel = (index?: number): Promise<void> => {
  const { store, run, now } = world.context;
  return cancelBatch(id, index, { store, run, now, binDirectory: '/opt/slurm/bin' });
};
const slurm = async () => (await world.store.demand(id)).slurm;

test('what is cancelled is noted, with the number that Slurm has for it now', async () => {
  world.answerOf('squeue', { stdout: `berth-job:${id}|78\n` });
  await cancel();
  expect(world.ran.at(-1)).toEqual(['/opt/slurm/bin/scancel', '--me', '78']);
  expect(await slurm()).toMatchObject({ jobId: '78', cancelled: expect.any(String) });
  await cancel(3);
  expect(world.ran.at(-1)).toEqual(['/opt/slurm/bin/scancel', '--me', '78_3']);
  expect(await slurm()).toMatchObject({ cancelledElements: { 3: expect.any(String) } });
});

test('what Slurm has no more is not cancelled by its number: that may be another job`s by now', async () => {
  world.answerOf('squeue', { stdout: '' });
  await cancel();
  expect(world.ran.filter(([command]) => command?.endsWith('scancel'))).toEqual([]);
  expect((await slurm()).cancelled).toBeUndefined();
});

test('one that scancel could not end is not told as cancelled', async () => {
  world.answerOf('scancel', {
    status: 1,
    stderr: 'slurm_load_jobs error: Unable to contact slurm controller\n',
  });
  await expect(cancel()).rejects.toMatchObject({ code: 'slurm-unreachable' });
  expect((await slurm()).cancelled).toBeUndefined();
});

test('one that Slurm is ending already is not told as cancelled: it may be because of another', async () => {
  const ending = (number: string): void =>
    world.answerOf('scancel', {
      status: 1,
      stderr: `scancel: error: Kill job error on job id ${number}: Job/step already completing or completed\n`,
    });
  ending('77');
  await cancel();
  expect((await slurm()).cancelled).toBeUndefined();
  ending('77_1');
  await cancel(1);
  expect((await slurm()).cancelledElements?.[1]).toBeUndefined();
  // of the whole an element had ended, and the others have not
  await cancel();
  expect((await slurm()).cancelled).toBeDefined();
});
