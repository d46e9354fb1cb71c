import { networkInterfaces } from 'node:os';

/** Bridges to containers and guests of this host only: nobody else gets there. */
const INWARD = /^(?:docker|virbr|br-|veth)/;

/**
 * Addresses of this host that another may dial: all but loopback, link-local and those of its own containers, IPv4 first;
 * loopback when there is nothing else (one machine that is its own node).
 */
export function hostAddresses(interfaces = networkInterfaces()): string[] {
  const all = Object.entries(interfaces).flatMap(([name, list]) => (INWARD.test(name) ? [] : (list ?? [])));
  const usable = all.filter(({ internal, address }) => !internal && !/^(?:fe80:|169\.254\.)/i.test(address));
  if (usable.length === 0) return ['127.0.0.1'];
  return usable.sort((a, b) => a.family.localeCompare(b.family)).map(({ address }) => address);
}
