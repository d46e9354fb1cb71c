import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { peerUid, procEndpoint, uidInTable, type Endpoint } from '../../../spawner/src/launch/peer-uid.ts';

// recorded from /proc/net/tcp and tcp6 of Linux 6.18; an ESTABLISHED pair, a listener and one in FIN_WAIT2
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:C351 00000000:0000 0A 00000000:00000000 00:00000000 00000000  2000        0 311 1 0000000000000000 100 0 0 10 0
   1: 0100007F:D431 0100007F:C351 01 00000000:00000000 00:00000000 00000000  2001        0 312 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:C351 0100007F:D431 01 00000000:00000000 00:00000000 00000000  2000        0 313 1 0000000000000000 20 4 30 10 -1
   3: 0100007F:D432 0100007F:C351 06 00000000:00000000 03:00001234 00000000     0        0 0 3 0000000000000000
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:D431 00000000000000000000000001000000:C351 01 00000000:00000000 00:00000000 00000000  2001        0 9 1 0000000000000000 20 4 30 10 -1
   1: 0000000000000000FFFF00000100007F:D433 0000000000000000FFFF00000100007F:C351 01 00000000:00000000 00:00000000 00000000  2002        0 9 1 0000000000000000 20 4 30 10 -1
`;
const end = (port: number, address = '127.0.0.1'): Endpoint => ({ address, port });

describe('recorded tables', () => {
  test('the row of the peer`s end, not of ours', () => {
    expect(uidInTable(TCP, end(0xd431), end(0xc351))).toBe(2001);
    expect(uidInTable(TCP, end(0xc351), end(0xd431))).toBe(2000);
  });
  test('other ports, other addresses, another state: nobody', () => {
    expect(uidInTable(TCP, end(0xd430), end(0xc351))).toBeUndefined();
    expect(uidInTable(TCP, end(0xd431), end(0xc350))).toBeUndefined();
    expect(uidInTable(TCP, end(0xd431, '127.0.0.2'), end(0xc351))).toBeUndefined();
    expect(uidInTable(TCP, end(0xd432), end(0xc351))).toBeUndefined();
    expect(uidInTable(TCP, end(0xc351), end(0, '0.0.0.0'))).toBeUndefined();
  });
  test('tcp6: loopback and IPv4 in it', () => {
    expect(uidInTable(TCP6, end(0xd431, '::1'), end(0xc351, '::1'))).toBe(2001);
    expect(uidInTable(TCP6, end(0xd433, '::ffff:127.0.0.1'), end(0xc351, '::ffff:127.0.0.1'))).toBe(2002);
  });
  test('a zone does not belong to the address', () => {
    expect(procEndpoint(end(1, 'fe80::1%eth0'))).toBe(procEndpoint(end(1, 'fe80::1')));
  });
});

/** as the kernel prints it: each 32-bit word of the address in host (little-endian) order */
const rendered = (words: readonly number[], port: number): string => {
  const hex = words.map((word) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(word);
    return bytes.readUInt32LE().toString(16).toUpperCase().padStart(8, '0');
  });
  return `${hex.join('')}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
};
const word = fc.integer({ min: 0, max: 0xffffffff });
const port = fc.integer({ min: 0, max: 65535 });
const quad = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');

test('property: an address as Node writes it is the one the kernel prints', () => {
  fc.assert(
    fc.property(word, port, (v4, p) => expect(procEndpoint(end(p, quad(v4)))).toBe(rendered([v4], p))),
  );
  const sparse = fc.oneof(fc.constant(0), word);
  fc.assert(
    fc.property(fc.tuple(sparse, sparse, sparse, sparse), port, (words, p) => {
      const groups = words.flatMap((value) => [(value >>> 16).toString(16), (value & 0xffff).toString(16)]);
      const canonical = new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
      expect(procEndpoint(end(p, groups.join(':')))).toBe(rendered(words, p));
      expect(procEndpoint(end(p, canonical))).toBe(rendered(words, p));
    }),
  );
  fc.assert(
    fc.property(word, port, (v4, p) =>
      expect(procEndpoint(end(p, `::ffff:${quad(v4)}`))).toBe(rendered([0, 0, 0xffff, v4], p)),
    ),
  );
});

test('property: total on random tables', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123: AF\n'.split('')), maxLength: 200 }), (table) => {
      const uid = uidInTable(table, end(0xd431), end(0xc351));
      expect(uid === undefined || Number.isInteger(uid)).toBe(true);
    }),
  );
});

test.each(['127.0.0.1', '::1'])(
  'real: two sockets of this process over %s are of its own uid',
  async (host) => {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, host);
    await once(server, 'listening');
    const client = createConnection({ host, port: (server.address() as AddressInfo).port });
    try {
      const [accepted] = (await once(server, 'connection')) as [Socket];
      const peer = end(accepted.remotePort ?? 0, accepted.remoteAddress);
      const own = end(accepted.localPort ?? 0, accepted.localAddress);
      expect(await peerUid(peer, own)).toBe(process.getuid?.());
      expect(await peerUid({ ...peer, port: peer.port === 1 ? 2 : 1 }, own)).toBeUndefined();
      accepted.destroy();
    } finally {
      client.destroy();
      server.close();
    }
  },
);
