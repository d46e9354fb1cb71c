import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { siteUp, type Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await siteUp({ images: ['venv-python'] });
}, 120_000);
afterAll(() => site?.down());

test('a kernel runs, and nothing is left after its shutdown', async () => {
  const driver = await site.driver();
  const kernel = await driver.kernel(await site.kernel('venv-python'));
  expect(await kernel.output('import os; print(os.getuid(), os.environ["SLURM_JOB_ID"])')).toMatch(
    /^\d+ \d+\n$/,
  );
  await kernel.shutdown();
  await site.untilClean(2000);
  await driver.dispose();
});
