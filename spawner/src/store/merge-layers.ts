import type { Limits } from '@berth/schema';
import type { TarEntry, TarVisitor } from '../image/index.ts';
import type { FetchedLayer } from './fetch-layers.ts';
import { readLayer, counts } from './layer-file.ts';
import type { PlannedMember, RootfsPlan } from './plan-rootfs.ts';
import { linkMember, rootfsMember, syntheticMember } from './rootfs-member.ts';
import type { RootfsSink } from './rootfs-sink.ts';

/**
 * Streams the members that the plan chose into the sink, layer by layer, each layer read once more from its file. Bounded in
 * memory by a chunk or two; names that share a body follow it as links.
 */
export async function mergeLayers(
  plan: RootfsPlan,
  layers: readonly FetchedLayer[],
  sink: RootfsSink,
  options: {
    readonly limits: Limits;
    readonly signal?: AbortSignal | undefined;
    readonly onBytes: (bytes: number) => void;
  },
): Promise<void> {
  for (const member of plan.synthetic) {
    sink.member(syntheticMember(member));
    sink.end();
  }
  for (const [position, layer] of layers.entries()) {
    const members = plan.layers[position];
    if (members === undefined || members.size === 0) continue;
    await readLayer(layer.file, layer.layer, chosen(members, sink), {
      ...options,
      afterChunk: () => sink.drain(),
    });
  }
  await sink.drain();
}

/** Passes the chosen members on; the ordinals count what `scanLayer` counted. */
function chosen(members: ReadonlyMap<number, PlannedMember>, sink: RootfsSink): TarVisitor {
  let ordinal = 0;
  let current: { readonly member: TarEntry; readonly links: readonly string[] } | undefined;
  return {
    entry(entry) {
      const planned = counts(entry) ? members.get(ordinal++) : undefined;
      current = planned && { member: rootfsMember(entry, planned), links: planned.links };
      if (current) sink.member(current.member);
    },
    body(bytes) {
      if (current) sink.body(bytes);
    },
    end() {
      if (!current) return;
      sink.end();
      for (const path of current.links) {
        sink.member(linkMember(current.member, path));
        sink.end();
      }
      current = undefined;
    },
  };
}
