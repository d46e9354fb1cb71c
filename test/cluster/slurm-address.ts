import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import type { SlurmAddress } from './slurm-conf.ts';

/**
 * Confined only where the machine's own name is 127.0.0.1. Elsewhere (Debian's 127.0.1.1, a container's own
 * address, no address) Slurm listens everywhere and is spoken to on loopback; munge's key still keeps others
 * out. With 127.0.1.1 srun would bind there, but slurmd answers to where the connection came from, and for the
 * kernel that is 127.0.0.1: srun would wait for ever.
 */
export async function slurmAddress(): Promise<SlurmAddress> {
  const own = await lookup(hostname(), { family: 4 }).catch(() => null);
  return { ip: '127.0.0.1', confined: own?.address === '127.0.0.1' };
}
