import { afterEach, describe, expect, test } from '@jest/globals';
import { Limits } from '@berth/schema';
import { bucketAt, closeStandIns, listed, page, standIn, xml } from './bucket-stand-in.ts';
import { reply } from './scripted-server.ts';

afterEach(closeStandIns);

describe('T26: lists that are too much', () => {
  const limits = Limits.parse({ listPages: 3, manifestBytes: 100_000 });

  test.each([
    [
      'an entity bomb',
      xml('<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><ListBucketResult>&b;</ListBucketResult>'),
    ],
    ['a million contents', page(Array.from({ length: 30_000 }, () => ''))],
    ['depth', xml('<a>'.repeat(10_000))],
    ['no XML', 'hello'],
  ])('%s', async (_name, text) => {
    const gateway = await standIn((_request, answer) => reply(answer, 200, {}, text));
    const wide = Limits.parse({ manifestBytes: 8 * 1024 ** 2 });
    await expect(listed(bucketAt([gateway], { limits: wide }))).rejects.toMatchObject({
      code: 'source-protocol',
    });
  });

  test('a page longer than any document may be', async () => {
    const gateway = await standIn((_request, answer) => reply(answer, 200, {}, page(['x'.repeat(200_000)])));
    await expect(listed(bucketAt([gateway], { limits }))).rejects.toMatchObject({ code: 'limit-exceeded' });
  });

  test('pages without end', async () => {
    let count = 0;
    const notices: [string, boolean][] = [];
    const gateway = await standIn((_request, answer) => {
      count += 1;
      reply(answer, 200, {}, page([`tags/a/${count}`], `next-${count}`));
    });
    const onNotice = (text: string, incomplete: boolean): void => void notices.push([text, incomplete]);
    expect(await listed(bucketAt([gateway], { limits, onNotice }))).toEqual(['a:1', 'a:2', 'a:3']);
    expect(notices).toEqual([['list truncated at 3 pages', true]]);
  });

  test('a page that is not the last, and names no other', async () => {
    const notices: [string, boolean][] = [];
    const gateway = await standIn((_request, answer) =>
      reply(answer, 200, {}, page(['tags/a/1']).replace('>false<', '>true<')),
    );
    const onNotice = (text: string, incomplete: boolean): void => void notices.push([text, incomplete]);
    expect(await listed(bucketAt([gateway], { limits, onNotice }))).toEqual(['a:1']);
    expect(notices).toEqual([[expect.stringMatching(/^list truncated: /), true]]);
  });

  test('pages in a circle', async () => {
    const gateway = await standIn((_request, answer) => reply(answer, 200, {}, page(['tags/a/1'], 'again')));
    await expect(listed(bucketAt([gateway]))).rejects.toMatchObject({ code: 'source-protocol' });
  });
});
