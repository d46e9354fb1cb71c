import { expect, test } from '@jest/globals';
import { Resources } from '@berth/schema';
import * as fc from 'fast-check';
import { fieldsOf, FIELDS, readFields } from '../../../extension/src/choice/resource-fields.ts';
import { profiles } from '../stand-in/scenes.ts';

test('what is shown of Resources reads as the same Resources', () => {
  for (const { profile } of profiles.profiles) {
    expect(readFields(fieldsOf(profile.resources))).toEqual({ ok: true, resources: profile.resources });
  }
});

test('an empty field is the default; spaces around do not matter', () => {
  const empty = fieldsOf(Resources.parse({}));
  expect(readFields({ ...empty, cpus: '', memory: ' 4G ', time: '' })).toEqual({
    ok: true,
    resources: { cpus: 1, memory: '4G', time: '60' },
  });
});

test('names each field that is not in order, in the order of the form', () => {
  const fields = { ...fieldsOf(Resources.parse({})), cpus: 'two', memory: 'lots', partition: '--uid=0' };
  expect(readFields(fields)).toEqual({
    ok: false,
    problems: ['cpus', 'memory', 'partition'],
  });
});

test('whatever is typed, either Resources come of it or some field says why (T35)', () => {
  const typed = fc.record(Object.fromEntries(FIELDS.map((field) => [field, fc.string()])));
  fc.assert(
    fc.property(typed, (fields) => {
      const read = readFields(fields as never);
      expect(read.ok ? Resources.safeParse(read.resources).success : read.problems.length > 0).toBe(true);
    }),
  );
});
