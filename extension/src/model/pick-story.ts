import type { LaunchStory } from '@berth/schema/rest';

/**
 * The story of a notebook's kernel: the newest of the kernel that its session has; while the session has none (it is being
 * made, or its kernel has gone), the newest that was started for its path.
 */
export function pickStory(
  stories: Iterable<LaunchStory>,
  { kernelId, path }: { readonly kernelId: string | undefined; readonly path: string },
): LaunchStory | undefined {
  let found: LaunchStory | undefined;
  for (const story of stories) {
    const mine =
      kernelId !== undefined && story.kernelId !== undefined
        ? story.kernelId === kernelId
        : path !== '' && story.path === path;
    if (mine && (found === undefined || Date.parse(story.began) >= Date.parse(found.began))) found = story;
  }
  return found;
}
