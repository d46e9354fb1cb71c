import type { NodePlan, Rootfs } from '@berth/schema';

const WORDS = {
  fetching: 'fetching the image',
  packing: 'making the image ready',
  waiting: 'waiting for another kernel that makes the image ready',
} as const;

/** Told at most so often, and only when the step or the percentage changed. */
const TELL_EVERY_MS = 2000;

/**
 * Makes the rootfs of an image that berth-place has not found in a store which it has found safe. Only now is the code
 * loaded that fetches and packs images.
 * @throws what `ensureRootfs` throws
 */
export async function rootfsOfPlan(
  plan: NodePlan,
  env: Readonly<Record<string, string | undefined>>,
  tell: (doing: string) => void,
  signal: AbortSignal,
): Promise<Rootfs> {
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
