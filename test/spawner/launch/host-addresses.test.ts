import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from '@jest/globals';
import { hostAddresses } from '../../../spawner/src/launch/host-addresses.ts';

const address = (text: string, internal = false): NetworkInterfaceInfo =>
  ({ address: text, internal, family: text.includes(':') ? 'IPv6' : 'IPv4' }) as NetworkInterfaceInfo;

test('all but loopback and link-local, IPv4 first', () => {
  const interfaces = {
    lo: [address('127.0.0.1', true), address('::1', true)],
    ib0: [address('fe80::1'), address('2001:db8::5'), address('10.1.0.5')],
    usb0: [address('169.254.3.4')],
    docker0: [address('172.17.0.1')],
    'br-6f2a': [address('172.18.0.1')],
    virbr0: [address('192.168.122.1')],
    br0: [address('10.1.0.6')],
  };
  expect(hostAddresses(interfaces)).toEqual(['10.1.0.5', '10.1.0.6', '2001:db8::5']);
});

test('a machine with nothing but loopback is its own node', () => {
  expect(hostAddresses({ lo: [address('127.0.0.1', true)] })).toEqual(['127.0.0.1']);
  expect(hostAddresses({})).toEqual(['127.0.0.1']);
});
