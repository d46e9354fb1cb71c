import type { LaunchStory } from '@berth/schema/rest';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IBerth } from '../berth.ts';
import { CommandIDs } from '../command-ids.ts';
import { showLog } from '../log/log-view.tsx';
import type { Session } from '../session.ts';
import { showProblem } from '../show-problem.tsx';
import { LaunchActions } from './launch-actions.ts';
import { storyOf } from './panel-story.ts';

/** What the palette offers for the current notebook, while its kernel is one of ours. */
export function addNotebookCommands(berth: IBerth, session: Session, tracker: INotebookTracker): void {
  const { app, trans } = berth;
  const current = (): { panel: NotebookPanel; story: LaunchStory } | undefined => {
    const panel = tracker.currentWidget;
    const story = panel && storyOf(panel, session.store, app.serviceManager.contents);
    return panel && story ? { panel, story } : undefined;
  };
  /** A start again takes the kernel that is there away, so it is offered only where none is left. */
  const over = ({ launch }: LaunchStory): boolean => launch.state === 'failed' || launch.state === 'ended';
  const add = (
    id: string,
    label: string,
    act: (actions: LaunchActions, story: LaunchStory) => Promise<void>,
    fits: (story: LaunchStory) => boolean = () => true,
  ): void => {
    const fitting = (): ReturnType<typeof current> => {
      const now = current();
      return now && fits(now.story) ? now : undefined;
    };
    app.commands.addCommand(id, {
      label,
      isEnabled: () => fitting() !== undefined,
      execute: async () => {
        const now = fitting();
        if (!now) return;
        try {
          await act(new LaunchActions(berth, session, now.panel), now.story);
        } catch (error) {
          await showProblem(error, label, trans);
        }
      },
    });
  };
  add(
    CommandIDs.chooseResources,
    trans.__("Choose Resources for This Notebook's Next Start…"),
    (actions, story) => actions.chooseForNext(story.kernel, story.displayName),
  );
  add(
    CommandIDs.startAgain,
    trans.__('Start the Kernel of This Notebook in a New Job'),
    (actions, story) => actions.startAgain(story.kernel, story.resources),
    over,
  );
  add(CommandIDs.showLog, trans.__('Show the Start Log of This Notebook'), async (_, story) =>
    showLog(berth, session, story),
  );
  session.store.changed.connect(() => {
    for (const id of [CommandIDs.chooseResources, CommandIDs.startAgain, CommandIDs.showLog]) {
      app.commands.notifyCommandChanged(id);
    }
  });
}
