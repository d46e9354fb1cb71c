import { networkInterfaces } from 'node:os';

/** Addresses of this host that another may dial: all but loopback and link-local, IPv4 first. */
export function hostAddresses(interfaces = networkInterfaces()): string[] {
  const all = Object.values(interfaces).flatMap((list) => list ?? []);
  const usable = all.filter(({ internal, address }) => !internal && !/^(?:fe80:|169\.254\.)/i.test(address));
  return usable.sort((a, b) => a.family.localeCompare(b.family)).map(({ address }) => address);
}
