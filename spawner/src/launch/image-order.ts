import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodePlan } from '@berth/schema';
import { errorCode, storeFailure } from '../store/store-failure.ts';
import { encodeOrder, placeOrder } from './place-order.ts';

/**
 * Writes how `berth-place run` enters this image, beside the orders that the gate keeps in the store (gate/image_order.c), which
 * removes those that nobody has used for long. One for each way to enter an image, whoever asks: once it is there, a full disk
 * keeps nobody from entering.
 * @returns its path, 0600. @throws Failure `store-full` | `rootfs-failed`
 */
export async function writeImageOrder(plan: NodePlan): Promise<string> {
  const { order } = placeOrder(plan);
  // what belongs to one launch alone
  const bytes = encodeOrder({
    ...order,
    launchId: '',
    passed: '',
    command: [],
    otherwise: { ...order.otherwise, command: [] },
  });
  const directory = join(plan.store.path, 'orders');
  const path = join(directory, `shell-${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`);
  try {
    if (!(await holds(path, bytes))) await writeWhole(directory, path, bytes);
  } catch (error) {
    throw storeFailure(error, plan.store.path, plan.image.digest);
  }
  return path;
}

/** Whether just that is there already, ours alone; it is then young again. */
async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { uid, mode, size } = await file.stat();
    if (uid !== process.geteuid?.() || (mode & 0o077) !== 0 || size !== bytes.length) return false;
    if (!(await file.readFile()).equals(bytes)) return false;
    // where nothing can be changed, it can still be read
    await file.utimes(new Date(), new Date()).catch(() => undefined);
    return true;
  } finally {
    await file.close();
  }
}

async function writeWhole(directory: string, path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(directory, { mode: 0o700 }).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error;
  });
  const fresh = `${path}.${randomUUID()}`;
  try {
    const file = await open(fresh, 'wx', 0o600);
    await file.writeFile(bytes).finally(() => file.close());
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined);
    throw error;
  }
}
