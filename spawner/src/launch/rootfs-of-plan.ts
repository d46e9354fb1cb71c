import { Failure, type NodePlan, type Rootfs } from '@berth/schema';
import { findRootfs } from '../store/find-rootfs.ts';
import { makeSafeParents } from './safe-parents.ts';

const WORDS = {
  fetching: 'fetching the image',
  packing: 'making the image ready',
  waiting: 'waiting for another kernel that makes the image ready',
} as const;

/** Told at most so often, and only when the step or the percentage changed. */
const TELL_EVERY_MS = 2000;

/**
 * The image's rootfs: looked up first, which is one lstat; only when it must be made is the code loaded that fetches
 * and packs images.
 * @throws Failure `store-refused` where somebody else could exchange the store; what `ensureRootfs` throws
 */
export async function rootfsOfPlan(
  plan: NodePlan,
  env: Readonly<Record<string, string | undefined>>,
  tell: (doing: string) => void,
  signal: AbortSignal,
): Promise<Rootfs> {
  const why = unsafeStore(plan, process.geteuid?.() ?? 0);
  if (why !== undefined) throw new Failure('store-refused', { path: plan.store.path, why });
  const found = await findRootfs(plan.store, plan.image.digest);
  if (found) return found;
  const { rootfsFromSource } = await import('../store/rootfs-from-source.ts');
  let last = { doing: '', at: 0 };
  const access = { source: plan.source, home: plan.home, env };
  return rootfsFromSource(plan.image, access, {
    store: plan.store,
    tar2sqfs: plan.node.tar2sqfs,
    limits: plan.limits,
    signal,
    onProgress: ({ doing, bytes, total }) => {
      const now = Date.now();
      if (doing === last.doing && now - last.at < TELL_EVERY_MS) return;
      last = { doing, at: now };
      tell(total > 0 ? `${WORDS[doing]}, ${Math.floor((100 * bytes) / total)} %` : WORDS[doing]);
    },
  });
}

/** Who can replace the store decides what the kernel runs (T5). */
function unsafeStore({ store, home }: NodePlan, uid: number): string | undefined {
  try {
    return makeSafeParents(store.path, { uid, home });
  } catch (error) {
    return (error as Error).message;
  }
}
