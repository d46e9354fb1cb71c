import { expect, test } from '@jest/globals';
import { Config } from '@berth/schema';
import type { Account } from '../../../server/src/sessions/account.ts';
import { Choices } from '../../../server/src/sessions/choices.ts';
import type { OfferedKernel } from '../../../server/src/sessions/offered-kernel.ts';

const kernel = { name: 'berth-lab', label: 'Lab', audience: 'lab' } as unknown as OfferedKernel;
const choices = new Choices({
  config: async () => Config.parse({}),
  kernels: async () => [kernel],
  nodes: async () => undefined,
});
const alice = (more: Partial<Account> = {}): Account => ({
  name: 'alice',
  uid: 2001,
  groups: ['alice'],
  ...more,
});

test('an image of a group that one is not in is refused with the words of one that is not there (T27)', async () => {
  for (const image of ['berth-lab', 'berth-none'])
    await expect(choices.choose(alice(), { image })).rejects.toMatchObject({
      code: 'hub-options-refused',
      message: expect.stringContaining('there is no such image'),
    });
  await expect(choices.choose(alice({ groups: ['lab'] }), { image: 'berth-lab' })).resolves.toMatchObject({
    options: { image: 'berth-lab' },
  });
});

test('while a group of theirs has no name nothing is refused for ever, whether the image is there or not (F1, T27)', async () => {
  const unsure = alice({ groups: ['alice', '54321'], hasNameless: true });
  for (const image of ['berth-lab', 'berth-none'])
    await expect(choices.choose(unsure, { image })).rejects.toMatchObject({
      code: 'accounts-unreachable',
    });
  await expect(choices.choose(unsure, {})).resolves.toMatchObject({ options: {} });
});
