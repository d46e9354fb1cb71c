import type { LaunchStory } from '@berth/schema/rest';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { pickStory } from '../model/pick-story.ts';
import type { BerthStore } from '../model/store.ts';

/** Path of a notebook as the server names it: without the drive that Lab may put before it. */
export const localPathOf = (panel: NotebookPanel, contents: Contents.IManager): string =>
  contents.localPath(panel.context.path);

/** The launch of the kernel that this notebook has, or is getting. */
export const storyOf = (
  panel: NotebookPanel,
  store: BerthStore,
  contents: Contents.IManager,
): LaunchStory | undefined =>
  pickStory(store.launches.values(), {
    kernelId: panel.sessionContext.session?.kernel?.id,
    path: localPathOf(panel, contents),
  });
