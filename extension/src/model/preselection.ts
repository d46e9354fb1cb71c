import { Resources } from '@berth/schema';
import type { ProfileList, StandingWish } from '@berth/schema/rest';
import * as z from 'zod/mini';

const AskingMetadata = z.object({ berth: z.object({ resources: Resources }) });

/** What the choice of resources shows first, and on whose word. */
export interface Preselection {
  readonly resources: Resources;
  /** the profile that these are, unchanged; undefined for resources of one's own */
  readonly profile: string | undefined;
  readonly from: 'person' | 'notebook' | 'site';
}

/**
 * In this order: what the person has agreed to for this path, what the notebook file asks for (it only preselects: a file
 * may come from anywhere), what the site has as its standard.
 */
export function preselect(
  standing: StandingWish,
  metadata: unknown,
  profiles: ProfileList['profiles'],
): Preselection {
  const named = (resources: Resources, profile?: string): string | undefined =>
    profile ?? profiles.find((one) => sameResources(one.profile.resources, resources))?.name;
  const { resources, profile, confirmed } = standing;
  if (confirmed) return { resources, profile: named(resources, profile), from: 'person' };
  const asked = notebookResources(metadata);
  if (asked) return { resources: asked, profile: named(asked), from: 'notebook' };
  return { resources, profile: named(resources, profile), from: 'site' };
}

/** `metadata.berth.resources` of a notebook, if it is in order. */
export function notebookResources(metadata: unknown): Resources | undefined {
  const parsed = AskingMetadata.safeParse(metadata);
  return parsed.success ? parsed.data.berth.resources : undefined;
}

/** Whether two ask for the same, whatever the order of their keys. */
export const sameResources = (a: Resources, b: Resources): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
