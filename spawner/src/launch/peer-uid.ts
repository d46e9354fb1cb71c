import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';

/** An end of a TCP connection as Node tells it. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

const ESTABLISHED = '01';

/** `/proc/net/tcp` writes an address as 32-bit words in host order. Source: proc(5), Documentation/networking/proc_net_tcp. */
export function procEndpoint({ address, port }: Endpoint): string {
  const bytes = isIPv4(address) ? address.split('.').map(Number) : ipv6Bytes(address);
  let hex = '';
  for (let word = 0; word < bytes.length; word += 4) {
    for (let at = 3; at >= 0; at--) hex += (bytes[word + at] ?? 0).toString(16).padStart(2, '0');
  }
  return `${hex.toUpperCase()}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

function ipv6Bytes(address: string): number[] {
  const plain = address.replace(/%.*$/, '');
  const dotted = /^(.*:)([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)$/.exec(plain);
  const text = dotted
    ? `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`
    : plain;
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...middle, ...right].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

/**
 * The uid that owns the peer's end of an accepted connection, from a table of `/proc/net/tcp{,6}`; its local address
 * is our remote one. Only ESTABLISHED rows count: a socket already closed by its owner shows uid 0.
 */
export function uidInTable(table: string, peer: Endpoint, own: Endpoint): number | undefined {
  const wanted = `${procEndpoint(peer)} ${procEndpoint(own)} ${ESTABLISHED} `;
  const at = table.indexOf(`: ${wanted}`);
  if (at < 0) return undefined;
  const end = table.indexOf('\n', at);
  const fields = table.slice(at + 2, end < 0 ? undefined : end).split(/\s+/);
  const uid = fields[6];
  return uid !== undefined && /^[0-9]+$/.test(uid) ? Number(uid) : undefined;
}

/** Looks the peer up; undefined when there is no such established connection on this host. */
export async function peerUid(
  peer: Endpoint,
  own: Endpoint,
  procNet = '/proc/net',
): Promise<number | undefined> {
  const table = await readFile(`${procNet}/${isIPv4(peer.address) ? 'tcp' : 'tcp6'}`, 'latin1');
  return uidInTable(table, peer, own);
}
