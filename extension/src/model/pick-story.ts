import type { LaunchStory } from '@berth/schema/rest';

/** What a notebook says of the kernel that it has, or is getting. */
export interface KernelWanted {
  /** of the kernel that its session has */
  readonly kernelId: string | undefined;
  readonly path: string;
  /** names of the kernel that the notebook is for; empty when it does not say */
  readonly names: readonly string[];
}

/**
 * The story of a notebook's kernel: the newest of the kernel that its session has; while the session has none (it is being
 * made, or its kernel has gone), the newest of the notebook's own kernel that was started for its path. Not of any kernel:
 * another notebook may have had that path.
 */
export function pickStory(
  stories: Iterable<LaunchStory>,
  { kernelId, path, names }: KernelWanted,
): LaunchStory | undefined {
  let found: LaunchStory | undefined;
  for (const story of stories) {
    const mine =
      kernelId !== undefined
        ? story.kernelId === kernelId
        : path !== '' && story.path === path && names.includes(story.kernel);
    if (mine && (found === undefined || Date.parse(story.began) >= Date.parse(found.began))) found = story;
  }
  return found;
}
