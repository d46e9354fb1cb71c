import type { LaunchStory } from '@berth/schema/rest';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { pickStory } from '../model/pick-story.ts';
import type { BerthStore } from '../model/store.ts';

/** Path of a notebook as the server names it: without the drive that Lab may put before it. */
export const localPathOf = (panel: NotebookPanel, contents: Contents.IManager): string =>
  contents.localPath(panel.context.path);

/** The launch of the kernel that this notebook has, or is getting. */
export function storyOf(
  panel: NotebookPanel,
  store: BerthStore,
  contents: Contents.IManager,
): LaunchStory | undefined {
  const kernelId = panel.sessionContext.session?.kernel?.id;
  const names = kernelId === undefined ? namesOf(panel) : [];
  return pickStory(store.launches.values(), { kernelId, path: localPathOf(panel, contents), names });
}

/** The kernel that the notebook is opened with, and the one that its file names, which is whatever somebody wrote there. */
function namesOf(panel: NotebookPanel): readonly string[] {
  const spec = panel.context.model.sharedModel.getMetadata('kernelspec') as { name?: unknown } | undefined;
  const names = [panel.sessionContext.kernelPreference.name, spec?.name];
  return names.filter((name) => typeof name === 'string');
}
