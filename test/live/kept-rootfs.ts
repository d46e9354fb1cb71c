import { randomUUID } from 'node:crypto';
import { chown, copyFile, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultCacheDir } from '../images/images.ts';
import type { PersonArea } from './site.ts';

const kept = join(defaultCacheDir(), 'rootfs');
const shelfOf = (area: PersonArea): string => join(area.store, 'sqfs/sha256');
const listed = async (directory: string): Promise<string[]> =>
  (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.sqfs'));

/** Gives a person's store what kernels of earlier sites have made: a digest says what is in it, whoever made it. */
export async function takeOver(area: PersonArea, digests: readonly string[]): Promise<void> {
  const { uid, gid } = area.user;
  const there = await listed(kept);
  const shelf = shelfOf(area);
  for (const directory of [area.store, join(area.store, 'sqfs'), shelf]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chown(directory, uid, gid);
  }
  for (const name of digests.map((digest) => `${digest.replace(/^sha256:/, '')}.sqfs`)) {
    if (!there.includes(name)) continue;
    await copyFile(join(kept, name), join(shelf, name));
    await chown(join(shelf, name), uid, gid);
  }
}

/** Keeps for later sites what this one's kernels have made. */
export async function keep(area: PersonArea): Promise<void> {
  await mkdir(kept, { recursive: true });
  const there = await listed(kept);
  for (const name of (await listed(shelfOf(area))).filter((one) => !there.includes(one))) {
    const aside = join(kept, `${name}.${randomUUID()}.new`);
    await copyFile(join(shelfOf(area), name), aside);
    await rename(aside, join(kept, name));
  }
}
