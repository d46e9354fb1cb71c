import { BlockList, isIP } from 'node:net';

/** Not an address of the open internet. Source: IANA special-purpose address registries (RFC 6890 and updates). */
const NOT_PUBLIC = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  NOT_PUBLIC.addSubnet(net, bits, 'ipv4');
}
const PUBLIC_V6 = new BlockList();
PUBLIC_V6.addSubnet('2000::', 3, 'ipv6');
// documentation, 6to4 and Teredo: the latter two lead to embedded IPv4 addresses
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  NOT_PUBLIC.addSubnet(net, bits, 'ipv6');
}

/** Whether an IP address can only be a host of the open internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !NOT_PUBLIC.check(address, 'ipv4');
  // everything outside 2000::/3 is special: loopback, local, mapped IPv4, NAT64
  return family === 6 && PUBLIC_V6.check(address, 'ipv6') && !NOT_PUBLIC.check(address, 'ipv6');
}

/** What may be done with a place that a registry names: go there, go there if it is public, or not at all and why. */
export type Verdict =
  | { readonly kind: 'trusted' }
  | { readonly kind: 'public-only' }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Judge a token realm or redirect of the registry at `base` (T17, T18). The configured host and port and the administrator's
 * `allowHosts` are trusted whatever their address; anywhere else only over https and to public addresses.
 */
export function judgeTarget(base: URL, target: URL, allowHosts: readonly string[]): Verdict {
  if (target.protocol !== 'https:' && target.protocol !== 'http:') {
    return { kind: 'refused', why: `${target.protocol.slice(0, 20)} is not http or https` };
  }
  if (base.protocol === 'https:' && target.protocol !== 'https:') {
    return { kind: 'refused', why: 'it leaves https' };
  }
  if (target.username !== '' || target.password !== '') {
    return { kind: 'refused', why: 'it holds a user name or password' };
  }
  if (target.protocol === base.protocol && target.host === base.host) return { kind: 'trusted' };
  if (isAllowed(target, allowHosts)) return { kind: 'trusted' };
  if (target.protocol !== 'https:') return { kind: 'refused', why: 'it is not https' };
  return { kind: 'public-only' };
}

/** `host` alone means the scheme's usual port, which URL leaves out too. */
const isAllowed = (target: URL, allowHosts: readonly string[]): boolean =>
  allowHosts.some((allowed) => {
    const [host, port = ''] = allowed.split(':');
    const usual = target.protocol === 'https:' ? '443' : '80';
    return host === target.hostname && (port === usual ? '' : port) === target.port;
  });
