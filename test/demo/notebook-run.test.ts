import { expect, test } from '@jest/globals';
import { parsePlace } from './notebook-run.ts';

test('job, step and node are read as all languages print them', () => {
  expect(parsePlace('12 0 b6001n1\n')).toEqual({ job: '12', step: '0', node: 'b6001n1' });
  expect(parsePlace('12 0 b6001n1 \n')).toEqual({ job: '12', step: '0', node: 'b6001n1' });
});

test.each(['', '\n', '12 0\n', 'KeyError: SLURM_JOB_ID', '12 extern n1'])(
  '%j is no place on a node',
  (text) => {
    expect(() => parsePlace(text)).toThrow(/no Slurm node/);
  },
);
