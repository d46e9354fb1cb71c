import { expect, test } from '@jest/globals';
import { Resources } from '@berth/schema';
import type { CommandResult } from '../../../spawner/src/slurm/run-command.ts';
import { submitBatch } from '../../../spawner/src/slurm/submit-batch.ts';

const ask = {
  name: 'n',
  comment: 'c',
  resources: Resources.parse({}),
  directory: '/d',
  output: 'o',
  requeue: false,
  script: '/s',
  args: [],
};
const answering = (result: Partial<CommandResult>) => () =>
  Promise.resolve({ status: 0, signal: null, stdout: '', stderr: '', ...result });

test('its number', async () => {
  expect(await submitBatch(answering({ stdout: '7\n' }), 'sbatch', ask)).toBe('7');
});

// recorded from sbatch 22.05.8
test.each([
  [
    'sbatch: error: Batch job submission failed: Invalid partition name specified\n',
    1,
    'slurm-refused',
    'Invalid partition name specified',
  ],
  [
    'sbatch: error: Unable to contact slurm controller (connect failure)\nsbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)\n',
    1,
    'slurm-unreachable',
    'Unable to contact slurm controller',
  ],
  ['', null, 'slurm-unreachable', 'it took too long'],
  ['', 0, 'slurm-unreachable', 'ended with 0'],
] as const)('%j is told as what it is', async (stderr, status, code, words) => {
  const failed = submitBatch(answering({ stderr, status }), 'sbatch', ask);
  await expect(failed).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
});

test('a command that is not there', async () => {
  const gone = () => Promise.reject(new Error('spawn sbatch ENOENT'));
  await expect(submitBatch(gone, 'sbatch', ask)).rejects.toMatchObject({ code: 'slurm-unreachable' });
});
