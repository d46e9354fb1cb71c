import type { LaunchStory } from '@berth/schema/rest';
import { Notification } from '@jupyterlab/apputils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IBerth } from '../berth.ts';
import { isJobsEnd } from '../model/jobs-end.ts';
import type { Session } from '../session.ts';
import { storyOf } from './panel-story.ts';

/**
 * What a notebook's banner tells, told as a notification where the banner is not in sight: a question, and a job that ended
 * under a kernel (time limit, cancelled from outside). A notification goes when what it says is over.
 */
export function notifyUnseen(berth: IBerth, { store }: Session, tracker: INotebookTracker): void {
  const { app, trans } = berth;
  const { contents } = app.serviceManager;
  const shown = new Map<string, string>();

  const panelOf = ({ id }: LaunchStory): NotebookPanel | undefined =>
    tracker.find((panel) => storyOf(panel, store, contents)?.id === id);
  const withdraw = (id: string): void => {
    const notification = shown.get(id);
    if (notification !== undefined) Notification.dismiss(notification);
    shown.delete(id);
  };
  const tell = (story: LaunchStory, message: string): void => {
    withdraw(story.id);
    const show = {
      label: trans.__('Show'),
      callback: () => void app.commands.execute('docmanager:open', { path: story.path }),
    };
    const actions = story.path === '' ? [] : [show];
    shown.set(story.id, Notification.warning(message, { autoClose: false, actions }));
  };

  store.changed.connect((_, change) => {
    if (change.of !== 'launch') return;
    const { story, before } = change;
    if (before?.launch.state === story.launch.state) return;
    withdraw(story.id);
    if (panelOf(story)?.isVisible) return;
    const name = story.path || story.displayName;
    if (story.launch.state === 'asking') {
      tell(story, trans.__('%1 wants a job on the cluster.', name));
    } else if (isJobsEnd(story.launch)) {
      tell(story, `${name}: ${story.launch.outcome.sentence}`);
    }
  });
}
