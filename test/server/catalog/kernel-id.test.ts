import { expect, test } from '@jest/globals';
import { Kernel } from '@berth/schema';
import fc from 'fast-check';
import { kernelId } from '../../../server/src/catalog/kernel-id.ts';

test("says name and place, the system's by its name alone", () => {
  expect(kernelId('python3', '/usr')).toBe('python3');
  expect(kernelId('python3', '/opt/env')).toBe('python3-opt-env');
  expect(kernelId('julia-1.10', '/usr')).toBe('julia-1.10');
  expect(kernelId('Python3', '/usr')).toBe('python3-8b8e4789d3469aa7');
});

test.each([
  [
    ['python3-opt-env', '/usr'],
    ['python3', '/opt/env'],
  ],
  [
    ['a-b', '/a'],
    ['a', '/b/a'],
  ],
  [
    ['a', '/opt/b-c'],
    ['a', '/opt/b/c'],
  ],
  [
    ['julia', '/1.10'],
    ['julia-1.10', '/usr'],
  ],
  [
    ['a-', '/b'],
    ['a', '/-b'],
  ],
  [
    ['Python3', '/usr'],
    ['python3-8b8e4789d3469aa7', '/usr'],
  ],
  [
    ['Python3', '/usr'],
    ['python3', '/8b8e4789d3469aa7'],
  ],
] satisfies [[string, string], [string, string]][])('%j and %j are two', (one, other) => {
  expect(kernelId(...one)).not.toBe(kernelId(...other));
});

test('is valid, and other places or names have other ids', () => {
  const name = fc.oneof(fc.stringMatching(/^[abA._-]{1,5}$/), fc.stringMatching(/^[a-cA-C._-]{1,100}$/));
  const place = fc
    .array(fc.oneof(fc.stringMatching(/^[ab-]{1,2}$/), fc.stringMatching(/^[a-b-]{1,30}$/)), {
      minLength: 1,
      maxLength: 4,
    })
    .map((parts) => `/${parts.join('/')}`);
  fc.assert(
    fc.property(name, place, name, place, (n1, p1, n2, p2) => {
      expect(Kernel.def.innerType.shape.id.safeParse(kernelId(n1, p1)).success).toBe(true);
      expect(kernelId(n1, p1) === kernelId(n2, p2)).toBe(n1 === n2 && p1 === p2);
    }),
  );
});
