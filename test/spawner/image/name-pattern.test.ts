import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { namePattern } from '../../../spawner/src/image/name-pattern.ts';
import { cpuMs } from './cpu-ms.ts';

test('as the expression that is refused would say', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '*'), maxLength: 5 });
  fc.assert(
    fc.property(pattern, text, (pattern, name) => {
      const form = new RegExp(`^${pattern.replace(/\./g, '\\.').replace(/\*+/g, '.*')}$`);
      expect(namePattern([pattern])(name)).toBe(form.test(name));
    }),
    { numRuns: 2000 },
  );
});

test('not slow on a hostile pattern', async () => {
  const match = (): boolean => namePattern(['*a'.repeat(100) + 'b'])('a'.repeat(250));
  expect(match()).toBe(false);
  expect(await cpuMs(match)).toBeLessThan(50);
});
