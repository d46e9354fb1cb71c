import { describe, expect, test } from '@jest/globals';
import { Config } from '@berth/schema';
import { pushTarget } from '../../../server/src/cli/push-target.ts';

const bucket = (more: object) => ({ type: 'bucket', endpoints: ['https://s3.example.org'], ...more });
const { sources } = Config.parse({
  sources: {
    all: bucket({ bucket: 'lab' }),
    mine: bucket({ bucket: 'lab', prefix: 'me' }),
    other: bucket({ bucket: 'images', prefix: 'a/b' }),
    hub: { type: 'registry', url: 'https://registry.example.org' },
  },
});

test.each([
  ['s3://lab/me/solver:3', 'mine', 'solver', '3'],
  ['s3://lab/team/solver:3', 'all', 'team/solver', '3'],
  ['s3://lab/mex/solver', 'all', 'mex/solver', 'latest'],
  ['s3://images/a/b/c/d:x', 'other', 'c/d', 'x'],
])('%s', (text, alias, repository, tag) => {
  expect(pushTarget(text, { sources })).toMatchObject({ alias, repository, tag });
});

test.each([
  ['s3://images/a/c:1', 'push-target-unknown'],
  ['s3://labs/x:1', 'push-target-unknown'],
  ['hub/x:1', 'push-target-unknown'],
  ['s3://lab/', 'push-target-invalid'],
  ['s3://lab/../x:1', 'push-target-invalid'],
  ['s3://lab/me/Solver:1', 'push-target-invalid'],
  ['s3://lab/me/solver:', 'push-target-invalid'],
  ['s3://lab/me/solver:a/b', 'push-target-invalid'],
])('%s: %s', (text, code) => {
  expect(() => pushTarget(text, { sources })).toThrow(expect.objectContaining({ code }));
});

test.each([
  ['s3://lab/UPPER', '"UPPER"'],
  ['s3://lab/UPPER:1', '"UPPER"'],
  ['s3://lab/lower:a/b', '"a/b"'],
])('%s: what is malformed is named whole', (text, part) => {
  expect(() => pushTarget(text, { sources })).toThrow(part);
});

test('the known ones are named', () => {
  expect(() => pushTarget('s3://nothing/x', { sources })).toThrow(
    expect.objectContaining({
      hint: expect.stringContaining('all (s3://lab/), mine (s3://lab/me/), other (s3://images/a/b/)'),
    }),
  );
});

describe('two clusters with a bucket of one name', () => {
  const two = Config.parse({
    sources: {
      here: bucket({ bucket: 'lab' }),
      there: bucket({ bucket: 'lab', endpoints: ['https://s3.example.net'] }),
      mine: bucket({ bucket: 'lab', prefix: 'me' }),
    },
  });

  test('nothing is guessed', () => {
    expect(() => pushTarget('s3://lab/x:1', two)).toThrow(
      expect.objectContaining({
        code: 'push-target-ambiguous',
        message: 's3://lab/x:1 is the bucket of several sources: here, there.',
        hint: 'Name one with --source.',
      }),
    );
  });

  test.each([
    ['s3://lab/x:1', 'there', 'there', 'x'],
    ['s3://lab/me/x:1', undefined, 'mine', 'x'],
    ['s3://lab/me/x:1', 'here', 'here', 'me/x'],
  ])('%s of %s', (text, named, alias, repository) => {
    expect(pushTarget(text, two, named)).toMatchObject({ alias, repository });
  });

  test.each(['mine', 'elsewhere', ''])('not the bucket of %j', (named) => {
    expect(() => pushTarget('s3://lab/x:1', two, named)).toThrow(
      expect.objectContaining({ code: 'push-target-unknown' }),
    );
  });
});
