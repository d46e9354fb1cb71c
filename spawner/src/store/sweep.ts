import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDead, type ProcessIdentity } from './process-identity.ts';
import { seeWork, type Work } from './work.ts';

/** A maker elsewhere whose last beat is older than our own by so much will not come back. */
const FORGOTTEN_MS = 10 * 60_000;

/**
 * Removes what dead makers of any image left in `tmp`. Called by a maker: both ages compared were written by the file
 * server, so no clock of a node matters.
 */
export async function sweep(tmp: string, work: Work, me: ProcessIdentity): Promise<void> {
  const mine = await seeWork(tmp, work.id);
  for (const id of await readdir(tmp)) {
    if (id.startsWith('broken.')) await rm(join(tmp, id), { force: true });
    if (!id.endsWith('.work') || id === work.id || mine === undefined) continue;
    const seen = await seeWork(tmp, id);
    if (seen === undefined) continue;
    const dead = seen.owner !== undefined && (await isDead(seen.owner, me));
    if (dead || mine.at - seen.at > FORGOTTEN_MS) await rm(join(tmp, id), { recursive: true, force: true });
  }
}
