import type { Digest } from '@berth/schema';
import { layerEntry, type TarEntry, type TarVisitor } from '../image/index.ts';
import type { FetchedLayer, LayerOptions } from './fetch-layers.ts';
import type { PlannedMember, RootfsPlan } from './plan-rootfs.ts';
import { linkMember, rootfsMember, syntheticMember } from './rootfs-member.ts';
import type { RootfsSink } from './rootfs-sink.ts';
import { walkLayer } from './walk-layer.ts';

/**
 * Streams the members that the plan chose into the sink, layer by layer, each layer read once more from its file. Bounded in
 * memory by a chunk or two; names that share a body follow it as links.
 */
export async function streamMembers(
  plan: RootfsPlan,
  layers: ReadonlyMap<Digest, FetchedLayer>,
  sink: RootfsSink,
  options: LayerOptions,
): Promise<void> {
  for (const member of plan.synthetic) {
    sink.member(syntheticMember(member));
    sink.end();
  }
  for (const [digest, layer] of layers) {
    const members = plan.layers.get(digest);
    if (members === undefined) options.onBytes(layer.layer.size);
    else await walkLayer(layer, chosen(members, sink), () => sink.drain(), options);
  }
  await sink.drain();
}

/** Passes the chosen members on; the ordinals count what `LayerIndex.entries` holds. */
function chosen(members: ReadonlyMap<number, PlannedMember>, sink: RootfsSink): TarVisitor {
  let ordinal = 0;
  let current: { readonly member: TarEntry; readonly links: readonly string[] } | undefined;
  return {
    entry(entry) {
      const planned = layerEntry(entry) ? members.get(ordinal++) : undefined;
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
