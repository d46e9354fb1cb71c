import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseChallenges } from '../../../spawner/src/image/www-authenticate.ts';
import { cpuMs } from './cpu-ms.ts';

const plain = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test.each<[string, unknown]>([
  ['Basic realm="x"', [['basic', { realm: 'x' }]]],
  [
    'Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"',
    [['bearer', { realm: 'https://a/t', service: 's', scope: 'repository:a/b:pull,push' }]],
  ],
  [
    'Basic realm="a", Bearer realm="b" , service=c',
    [
      ['basic', { realm: 'a' }],
      ['bearer', { realm: 'b', service: 'c' }],
    ],
  ],
  ['BEARER REALM = "a \\"b\\""', [['bearer', { realm: 'a "b"' }]]],
  ['Negotiate', [['negotiate', {}]]],
  ['realm="nobody"', []],
  ['', []],
])('%s', (header, wanted) => expect(plain(header)).toEqual(wanted));

test('total, and quick, on any text', async () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '"', '\\', '=', ',', ' ', 'é'), maxLength: 300 }),
      (text) => {
        parseChallenges(text);
      },
    ),
  );
  const took = await cpuMs(() => {
    parseChallenges(`a="${'\\'.repeat(1e6)}`);
    parseChallenges('a='.repeat(1e6));
  });
  expect(took).toBeLessThan(500);
});

test('what was written is read', () => {
  const value = fc.string({ maxLength: 20 }).filter((text) => !/[\n\r]/.test(text));
  fc.assert(
    fc.property(value, value, (realm, service) => {
      const quote = (text: string): string => `"${text.replace(/(["\\])/g, '\\$1')}"`;
      expect(plain(`Bearer realm=${quote(realm)},service=${quote(service)}`)).toEqual([
        ['bearer', { realm, service }],
      ]);
    }),
  );
});
