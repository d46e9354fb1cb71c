import { expect, test } from '@jest/globals';
import { Config } from '@berth/schema';
import { userInfo } from 'node:os';
import type { Site } from '../../../../server/src/cli/doctor/check.ts';
import { seesAllJobs } from '../../../../server/src/cli/doctor/hub-checks.ts';

const { username } = userInfo();

/** What Slurm's programs answer, by name; a missing one fails. */
const siteOf = (answers: Readonly<Record<string, string>>): Site =>
  ({
    config: Config.parse({}),
    run: async ([program = '']: readonly string[]) => {
      const stdout = answers[program.replace(/^.*\//, '')];
      return stdout === undefined
        ? { status: 1, stdout: '', stderr: `${program}: no answer` }
        : { status: 0, stdout, stderr: '' };
    },
  }) as unknown as Site; // the rest is not looked at

const config = (hidden: string): string => `PreemptMode   = OFF\nPrivateData             = ${hidden}\n`;

test.each([
  ['nothing is hidden', { scontrol: config('none') }],
  ['other things are', { scontrol: config('accounts,users') }],
  ['an operator', { scontrol: config('jobs,users'), sacctmgr: 'Operator\n' }],
  ['an administrator', { scontrol: config('jobs'), sacctmgr: 'Administrator\n' }],
])('all jobs are seen: %s', async (_, answers) => {
  expect(await seesAllJobs.look(siteOf(answers))).toMatchObject({ ok: true });
});

test.each([
  [
    'of no level',
    { scontrol: config('jobs'), sacctmgr: 'None\n' },
    `modify user ${username} set adminlevel=operator`,
  ],
  [
    'unknown to Slurm',
    { scontrol: config('jobs'), sacctmgr: '\n' },
    `add user ${username} account=SOME adminlevel=`,
  ],
  [
    'the accounts do not answer',
    { scontrol: config('jobs') },
    `modify user ${username} set adminlevel=operator`,
  ],
  ['Slurm does not answer', {}, 'Ask for the Slurm controller.'],
])('they are not, and what to do is said: %s', async (_, answers, mend) => {
  const found = await seesAllJobs.look(siteOf(answers));
  expect(found).toMatchObject({ ok: false, mend: expect.stringContaining(mend) });
});
