import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterUser } from '../cluster/users.ts';
import { givePassword, hubSiteUp, type HubSite } from '../live/hub-site.ts';
import { readmeConfig, realHub, type RealHub } from '../live/real-hub.ts';

export interface HubDemoOptions {
  readonly nodes: number;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

const IMAGES = ['venv-python', 'two-tags', 'bash-kernel'];

/**
 * A JupyterHub with two people, each of whose Labs is a Slurm job, until `signal`. For root: the service becomes other people.
 * Rejects with what failed, or what could not be cleaned up; else nothing is left but the accounts.
 */
export async function hubDemo({ nodes, onProgress, signal }: HubDemoOptions): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error(
      '--hub is for root: it makes accounts, a sudo rule and a program that becomes other people',
    );
  let site: HubSite | undefined;
  let hub: RealHub | undefined;
  const locks: (() => Promise<void>)[] = [];
  const before = new Map<ClusterUser, readonly string[]>();
  try {
    onProgress(
      'starting Slurm and a registry, and installing what the Hub needs (minutes when images are new)',
    );
    site = await hubSiteUp({ nodes, images: IMAGES, project: ['bash-kernel'], signal });
    const people = [];
    for (const user of [site.alice, site.bob]) {
      before.set(user, await kernelsOf(user.home));
      const given = await givePassword(user);
      locks.push(() => given.lock());
      people.push(`  ${user.name}  ${given.password}`);
    }
    onProgress('starting JupyterHub');
    hub = await realHub(site);
    console.log(`The Hub's configuration is this one of README.md; the demo puts its own addresses and paths in:

${await readmeConfig()}
Open ${hub.url} and log in as\n${people.join('\n')}\n
The image bash-kernel is for the group of berth-alice alone. Ctrl-C ends all of it.`);
    if (!signal.aborted) await once(signal, 'abort');
  } catch (error) {
    // what was under way then
    if (!signal.aborted) throw error;
  } finally {
    onProgress('cleaning up');
    await inTurn([
      () => hub?.down(),
      () => site?.sweep(),
      ...locks,
      // they name a registry that is gone, beside those of the next demo
      ...[...before].map(([user, kept]) => async () => {
        const left = (await kernelsOf(user.home)).filter((kernel) => !kept.includes(kernel));
        if (left.length > 0) await site?.as(user, ['rm', '-rf', '--', ...left]);
      }),
      () => site?.down(),
    ]);
  }
}

/** Each of them, also when one before it failed; then rejects with what failed. */
async function inTurn(steps: readonly (() => Promise<void> | undefined)[]): Promise<void> {
  const failed: unknown[] = [];
  for (const step of steps)
    try {
      await step();
    } catch (error) {
      failed.push(error);
    }
  if (failed.length > 0) throw new Error(`left behind: ${failed.map(String).join('; ')}`);
}

/** Kernelspecs that Berth has written in a home. */
async function kernelsOf(home: string): Promise<readonly string[]> {
  const directory = join(home, '.local/share/jupyter/kernels');
  const names = await readdir(directory).catch(() => []);
  return names.map((name) => join(directory, name)).filter((path) => existsSync(join(path, 'berth.json')));
}
