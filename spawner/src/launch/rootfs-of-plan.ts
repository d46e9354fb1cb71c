import type { NodePlan, Rootfs } from '@berth/schema';
import { findRootfs } from '../store/find-rootfs.ts';

/**
 * The image's rootfs: looked up first, which is one lstat; only when it must be made is the code loaded that fetches
 * and packs images.
 */
export async function rootfsOfPlan(
  plan: NodePlan,
  env: Readonly<Record<string, string | undefined>>,
  doing: (doing: string, bytes?: number, total?: number) => void,
  signal: AbortSignal,
): Promise<Rootfs> {
  const found = await findRootfs(plan.store, plan.image.digest);
  if (found) return found;
  const { makeRootfs } = await import('../store/make-rootfs.ts');
  return makeRootfs(plan.image, plan.source, {
    store: plan.store,
    tar2sqfs: plan.node.tar2sqfs,
    limits: plan.limits,
    home: plan.home,
    env,
    signal,
    onProgress: (progress) => doing(progress.doing, progress.bytes, progress.total),
  });
}
