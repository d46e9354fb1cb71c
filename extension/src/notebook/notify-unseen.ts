import type { Resources } from '@berth/schema';
import type { LaunchAnswer, LaunchStory } from '@berth/schema/rest';
import { Notification } from '@jupyterlab/apputils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IBerth } from '../berth.ts';
import { isJobsEnd } from '../model/jobs-end.ts';
import type { Session } from '../session.ts';
import { showProblem } from '../show-problem.tsx';
import { resourcesWords } from '../words/resources-words.ts';
import { storyOf } from './panel-story.ts';

/**
 * What a notebook's banner tells, told as a notification where the banner is not in sight: a question, and a job that ended
 * under a kernel (time limit, cancelled from outside). A notification goes when what it says is over.
 */
export function notifyUnseen(berth: IBerth, { client, store }: Session, tracker: INotebookTracker): void {
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
  const tell = (story: LaunchStory, message: string, actions: readonly Notification.IAction[]): void => {
    shown.set(story.id, Notification.warning(message, { autoClose: false, actions: [...actions] }));
  };
  const show = ({ path }: LaunchStory): readonly Notification.IAction[] => {
    const callback = (): void => void app.commands.execute('docmanager:open', { path });
    return path.endsWith('.ipynb') ? [{ label: trans.__('Show'), callback }] : [];
  };
  /** The answers themselves, for a kernel without a notebook of this window: a console's, another program's. */
  const answers = ({ id }: LaunchStory, resources: Resources): readonly Notification.IAction[] => {
    const answer = (body: LaunchAnswer) => (): void => {
      client.call('answerLaunch', { params: { id }, body }).catch((error: unknown) => {
        void showProblem(error, trans.__('That did not work'), trans);
      });
    };
    return [
      { label: trans.__('Start'), callback: answer({ start: true, resources }), displayType: 'accent' },
      { label: trans.__("Don't start"), callback: answer({ start: false }) },
    ];
  };

  store.changed.connect((_, change) => {
    if (change.of !== 'launch') return;
    const { story, before } = change;
    if (before?.launch.state === story.launch.state) return;
    withdraw(story.id);
    const panel = panelOf(story);
    if (panel?.isVisible) return;
    const { launch, path, displayName } = story;
    const name = path || displayName;
    if (launch.state === 'asking') {
      const job = resourcesWords(launch.resources, trans);
      const actions = panel ? show(story) : answers(story, launch.resources);
      tell(story, trans.__('%1 wants a job: %2', name, job), actions);
    } else if (isJobsEnd(launch)) {
      tell(story, `${name}: ${launch.outcome.sentence}`, show(story));
    }
  });
}
