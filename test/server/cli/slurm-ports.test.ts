import { expect, test } from '@jest/globals';
import { Config } from '@berth/schema';
import type { CommandResult } from '@berth/spawner/slurm';
import { withPortRange } from '../../../server/src/cli/slurm-ports.ts';

const answer = (stdout: string, status = 0): CommandResult => ({ status, signal: null, stdout, stderr: '' });
const SET = 'SrunPortRange           = 11700-12699\n';
const NONE = Config.parse({ slurm: { binDirectory: '/opt/slurm/bin' } });

test("the cluster's range is frozen, asked with the configured scontrol", async () => {
  const asked: (readonly string[])[] = [];
  const { slurm } = await withPortRange(NONE, async (argv) => {
    asked.push(argv);
    return answer(SET);
  });
  expect(slurm).toEqual({ ...NONE.slurm, portRange: [11700, 12699] });
  expect(asked).toEqual([['/opt/slurm/bin/scontrol', 'show', 'config']]);
});

test('a configured range is not asked about', async () => {
  const config = Config.parse({ slurm: { portRange: [2000, 3000] } });
  expect(await withPortRange(config, () => Promise.reject(new Error('asked')))).toBe(config);
});

test.each([
  ['no range', () => Promise.resolve(answer('SrunPortRange           = 0-0\n'))],
  ['no answer', () => Promise.resolve(answer('', 1))],
  ['an answer that broke off', () => Promise.resolve({ ...answer(SET), status: null })],
  ['no Slurm', () => Promise.reject(new Error('spawn ENOENT'))],
])('%s: left out', async (_, run) => {
  expect(await withPortRange(NONE, run)).toBe(NONE);
});
