import { describe, expect, test } from '@jest/globals';
import { Digest, Repository, Tag } from '@berth/schema';
import fc from 'fast-check';
import { bucketKeys } from '../../../spawner/src/image/bucket-keys.ts';

const keys = bucketKeys('lab/me');

test('the layout', () => {
  const digest = Digest.parse(`sha256:${'a'.repeat(64)}`);
  expect(keys.marker).toBe('lab/me/oci-layout');
  expect(keys.blob(digest)).toBe(`lab/me/blobs/sha256/${'a'.repeat(64)}`);
  expect(keys.tag(Repository.parse('team/x'), Tag.parse('1.0'))).toBe('lab/me/tags/team/x/1.0');
  expect(bucketKeys('').tag(Repository.parse('x'), Tag.parse('1'))).toBe('tags/x/1');
});

describe('T25: keys of tags', () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const repository = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const tag = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/);

  test('are read back as they were written', () => {
    fc.assert(
      fc.property(repository, tag, (name, one) => {
        const [r, t] = [Repository.parse(name), Tag.parse(one)];
        expect(keys.parseTag(keys.tag(r, t))).toEqual({ repository: r, tag: t });
      }),
    );
  });

  test('whatever a bucket lists: a name that is valid, and whose key is this one, or none', () => {
    const odd = fc.oneof(fc.string(), fc.constantFrom('..', '.', '/', '%2e%2e', '\0', 'ü', 'a', '//'));
    fc.assert(
      fc.property(fc.array(odd, { maxLength: 6 }), (parts) => {
        const key = keys.tags + parts.join('');
        const found = keys.parseTag(key);
        if (found === undefined) return;
        expect(keys.tag(Repository.parse(found.repository), Tag.parse(found.tag))).toBe(key);
        expect(key).not.toMatch(/\.\.\/|%|\0/);
      }),
    );
  });

  test.each(['tags/x/1', 'lab/me/blobs/sha256/a', 'lab/me/tags/', 'lab/me/tags/x', 'lab/me2/tags/x/1'])(
    '%s is none',
    (key) => expect(keys.parseTag(key)).toBeUndefined(),
  );
});
