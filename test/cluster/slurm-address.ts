import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import type { SlurmAddress } from './slurm-conf.ts';

/**
 * Debian and this project's machines give the own name 127.0.1.1 or 127.0.0.1: then Slurm is confined to that
 * address. In a container the name often has the container's address, or none: then Slurm listens everywhere
 * (munge's key still keeps others out) and is spoken to on loopback.
 */
export async function slurmAddress(): Promise<SlurmAddress> {
  const own = await lookup(hostname(), { family: 4 }).catch(() => null);
  return own?.address.startsWith('127.') === true
    ? { ip: own.address, confined: true }
    : { ip: '127.0.0.1', confined: false };
}
