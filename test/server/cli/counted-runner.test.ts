import { expect, test } from '@jest/globals';
import { countedRunner } from '../../../server/src/cli/counted-runner.ts';

test('answered, refused and not to be started are counted by the name of the program', async () => {
  const counted: [string, boolean][] = [];
  const run = countedRunner(
    async ([program]) => {
      if (program === '/bin/none') throw new Error('ENOENT');
      return { status: program === '/bin/squeue' ? 0 : 1, signal: null, stdout: '', stderr: '' };
    },
    (command, answered) => counted.push([command, answered]),
  );
  expect(await run(['/bin/squeue', '--me'])).toMatchObject({ status: 0 });
  await run(['/bin/scancel']);
  await expect(run(['/bin/none'])).rejects.toThrow('ENOENT');
  expect(counted).toEqual([
    ['squeue', true],
    ['scancel', false],
    ['none', false],
  ]);
});
