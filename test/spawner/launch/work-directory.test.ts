import { expect, test } from '@jest/globals';
import { canWorkIn, isWithin } from '../../../spawner/src/launch/work-directory.ts';
import { launchRecord } from './launch-fixture.ts';

const { kernel } = launchRecord();

test('within, by component and not by prefix (T30)', () => {
  expect(isWithin('/a/b', '/a')).toBe(true);
  expect(isWithin('/a', '/a')).toBe(true);
  expect(isWithin('/a', '/')).toBe(true);
  expect(isWithin('/ab', '/a')).toBe(false);
  expect(isWithin('/a', '/a/b')).toBe(false);
});

test('not above, at or in the kernel`s own prefix, nor above its program', () => {
  for (const cwd of ['/opt/env', '/opt/env/lib/x']) expect(canWorkIn(cwd, [], kernel)).toBe(false);
  expect(canWorkIn('/opt/env2', [], kernel)).toBe(true);
  expect(canWorkIn('/srv/tools', [], { ...kernel, argv: ['/srv/tools/bin/R'] })).toBe(false);
});

test('the system`s own Python says nothing of what a person may have below the root', () => {
  expect(canWorkIn('/data/x', [], { ...kernel, prefix: '/usr', argv: ['python3'] })).toBe(true);
  expect(canWorkIn('/data/x', [], { ...kernel, prefix: '/', argv: ['python3'] })).toBe(true);
});

test('what lies in a mount that is made anyway is always fine', () => {
  expect(canWorkIn('/usr/people/a/x', ['/usr/people/a'], kernel)).toBe(true);
});
