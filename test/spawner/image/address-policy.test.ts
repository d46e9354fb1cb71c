import { describe, expect, test } from '@jest/globals';
import { isPublicAddress, judgeTarget } from '../../../spawner/src/image/address-policy.ts';

test.each([
  '127.0.0.1',
  '127.255.0.1',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '198.18.0.1',
  '192.0.2.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fc00::1',
  'fd12::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2001:db8::1',
  '2001::1',
  'x',
  '',
])('T17: %s is not public', (address) => expect(isPublicAddress(address)).toBe(false));

test.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])('%s is public', (address) =>
  expect(isPublicAddress(address)).toBe(true),
);

const judge = (base: string, target: string, allow: readonly string[] = []): string =>
  judgeTarget(new URL(base), new URL(target), allow).kind;

describe('T17, T18: where a registry may send us', () => {
  test.each([
    ['https://r.example', 'https://r.example/token', [], 'trusted'],
    ['https://r.example', 'https://r.example:444/token', [], 'public-only'],
    ['https://r.example', 'https://auth.example/token', [], 'public-only'],
    ['https://r.example', 'https://auth.example/token', ['auth.example'], 'trusted'],
    ['https://r.example', 'https://auth.example:8443/token', ['auth.example'], 'public-only'],
    ['https://r.example', 'https://auth.example:8443/token', ['auth.example:8443'], 'trusted'],
    ['https://r.example', 'https://auth.example/token', ['auth.example:443'], 'trusted'],
    ['https://r.example', 'http://r.example/token', [], 'refused'],
    ['https://r.example', 'http://auth.example/token', ['auth.example'], 'refused'],
    ['http://r.example:5000', 'http://r.example:5000/token', [], 'trusted'],
    ['http://r.example:5000', 'http://r.example:6817/', [], 'refused'],
    ['http://r.example:5000', 'http://169.254.169.254/latest', [], 'refused'],
    ['http://r.example:5000', 'http://auth.example:5001/', ['auth.example:5001'], 'trusted'],
    ['http://r.example:5000', 'https://auth.example/', [], 'public-only'],
    ['https://r.example', 'file:///etc/passwd', [], 'refused'],
    ['https://r.example', 'ftp://r.example/', [], 'refused'],
    ['https://r.example', 'https://user:pw@r.example/', [], 'refused'],
    ['https://r.example', 'https://r.example.evil.example/', [], 'public-only'],
  ] as const)('%s to %s, allowed %j: %s', (base, target, allow, wanted) =>
    expect(judge(base, target, allow)).toBe(wanted),
  );
});
