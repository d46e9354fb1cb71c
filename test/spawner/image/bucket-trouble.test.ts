import { afterEach, expect, test } from '@jest/globals';
import type { Repository, Tag } from '@berth/schema';
import { bucketAt, closeStandIns, errorXml, standIn } from './bucket-stand-in.ts';
import { reply } from './scripted-server.ts';

afterEach(closeStandIns);

const team = 'team/x' as Repository;
const one = '1' as Tag;

test.each([
  ['keys that are not right', {}, {}, /^The keys that were found .* are refused/],
  ['no keys', { keys: async () => undefined }, {}, /^Put keys into ~\/\.aws\/credentials/],
  ['no keys wanted', {}, { credentials: 'anonymous' }, /^.*"credentials: anonymous"/],
])('refused with %s: what helps against that', async (_name, deps, more, hint) => {
  const gateway = await standIn((_request, answer) => reply(answer, 403, {}, errorXml('AccessDenied')));
  await expect(bucketAt([gateway], deps, more).resolve(team, one)).rejects.toMatchObject({
    code: 'source-denied',
    hint: expect.stringMatching(hint) as unknown as string,
  });
});
