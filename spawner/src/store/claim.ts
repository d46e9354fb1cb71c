import { randomBytes } from 'node:crypto';
import { readlink, rename, rm, symlink, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isDead, type ProcessIdentity } from './process-identity.ts';
import { errorCode } from './store-failure.ts';
import type { StorePaths } from './store-paths.ts';
import { openWork, seeWork, type Work, type WorkSeen } from './work.ts';

/** A maker on another node whose beat stands still for so long is taken for dead. */
const SILENCE_MS = 15_000;

/** Whose claims lie in `tmp` under `name`. */
type Claimed = Pick<StorePaths, 'tmp' | 'name'>;

const claimPath = (paths: Claimed): string => join(paths.tmp, `${paths.name}.claim`);

/**
 * Who makes an image is the one whose work directory the claim, a symbolic link, points to: symlink(2) makes name and
 * content in one step, fails when there is one, and is atomic at the file server. Refused: flock(2), which some network
 * file systems keep on one node only and which Node lacks; link(2), which AFS and older BeeGFS forbid between directories.
 *
 * The claim saves work, nothing else: makers never share a file, and a finished rootfs appears by rename(2). Should two
 * hold it (one was stopped for a while and woke up), both make the image and the first one's is kept.
 * @returns undefined when somebody else has it
 */
export async function takeClaim(paths: Claimed, me: ProcessIdentity): Promise<Work | undefined> {
  const work = await openWork(paths.tmp, paths.name, me);
  try {
    await symlink(work.id, claimPath(paths));
    return work;
  } catch (error) {
    await work.remove();
    if (errorCode(error) === 'EEXIST') return undefined;
    throw error;
  }
}

/** Gives the claim up, when it is still ours, and removes the work directory. */
export async function dropClaim(paths: Claimed, work: Work): Promise<void> {
  if ((await holder(paths)) === work.id) await unlink(claimPath(paths)).catch(() => undefined);
  await work.remove();
}

async function holder(paths: Claimed): Promise<string | undefined> {
  try {
    // only a name in `tmp`, whatever the link says: what is stale gets removed
    return basename(await readlink(claimPath(paths)));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Watches the claim of an image. `look` says whether it is free (also after clearing away a dead maker), or what its
 * holder told last. Clocks of nodes are never compared: a beat is stale when *we* saw no change for long.
 */
export function watchClaim(
  paths: Claimed,
  me: ProcessIdentity,
  silenceMs = SILENCE_MS,
  clock = (): number => performance.now(),
): { look(): Promise<'free' | WorkSeen> } {
  let last = { id: '', beat: '', since: 0 };
  return {
    async look() {
      const id = await holder(paths);
      if (id === undefined) return 'free';
      const seen = await seeWork(paths.tmp, id);
      const now = clock();
      if (seen !== undefined && (id !== last.id || seen.beat !== last.beat)) {
        last = { id, beat: seen.beat, since: now };
      }
      const silent = now - last.since > silenceMs;
      if (seen !== undefined && !silent && !(seen.owner && (await isDead(seen.owner, me)))) return seen;
      await breakClaim(paths, id);
      return 'free';
    },
  };
}

/**
 * Takes away the claim that pointed to `dead`, and its work. Another waiter may have done so and hold a new claim by
 * now: then it was that one which we took, and it is put back.
 */
async function breakClaim(paths: Claimed, dead: string): Promise<void> {
  const aside = join(paths.tmp, `broken.${randomBytes(8).toString('hex')}`);
  try {
    await rename(claimPath(paths), aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  // a maker of another image may have swept it away already: that costs no more than a claim
  const taken = await readlink(aside).catch(() => undefined);
  if (taken === undefined) return;
  if (taken !== dead) await symlink(taken, claimPath(paths)).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
  if (taken === dead) await rm(join(paths.tmp, dead), { recursive: true, force: true });
}
