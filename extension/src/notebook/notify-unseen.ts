import type { Resources } from '@berth/schema';
import type { LaunchAnswer, LaunchStory } from '@berth/schema/rest';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IBerth } from '../berth.ts';
import { isBadEnd } from '../model/bad-end.ts';
import type { Session } from '../session.ts';
import { showProblem } from '../show-problem.tsx';
import { resourcesWords } from '../words/resources-words.ts';
import { storyOf } from './panel-story.ts';

/** Lab cuts what a notification says after so many characters. */
const SHOWN_CHARACTERS = 140;

/**
 * What a notebook's banner tells, told as a notification where the banner is not in sight: a question, and a start or a job
 * that ended badly. What is told follows from the launches as they are now, not from how they came to be so: a question is
 * told also after a reload, an end also after the server was away, and a notification goes when what it says is over.
 */
export function notifyUnseen(berth: IBerth, { client, store }: Session, tracker: INotebookTracker): void {
  const { app, trans } = berth;
  const { contents } = app.serviceManager;
  /** notification by launch */
  const shown = new Map<string, string>();
  /** the state of each launch that was dealt with; undefined until the launches are known */
  let dealtWith: ReadonlyMap<string, string> | undefined;

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
  const answers = (
    { id }: LaunchStory,
    resources: Resources,
    message: string,
  ): readonly Notification.IAction[] => {
    const answer = (body: LaunchAnswer): void => {
      client.call('answerLaunch', { params: { id }, body }).catch((error: unknown) => {
        void showProblem(error, trans.__('That did not work'), trans);
      });
    };
    const start = (): void => answer({ start: true, resources });
    // nobody agrees to what was cut off
    const showAll = async (): Promise<void> => {
      const buttons = [
        Dialog.cancelButton({ label: trans.__('Not now') }),
        Dialog.okButton({ label: trans.__('Start') }),
      ];
      const { button } = await showDialog({ title: trans.__('Start a job?'), body: message, buttons });
      if (button.accept) start();
    };
    return [
      message.length > SHOWN_CHARACTERS
        ? { label: trans.__('Show all…'), callback: () => void showAll(), displayType: 'accent' }
        : { label: trans.__('Start'), callback: start, displayType: 'accent' },
      { label: trans.__("Don't start"), callback: () => answer({ start: false }) },
    ];
  };

  const deal = (story: LaunchStory, before: string | undefined, atFirst: boolean): void => {
    const { launch, path, displayName } = story;
    const panel = panelOf(story);
    if (panel?.isVisible) return;
    const name = PathExt.basename(path) || displayName;
    if (launch.state === 'asking') {
      const message = trans.__('Start a job with %1? For %2', resourcesWords(launch.resources, trans), name);
      return tell(story, message, panel ? show(story) : answers(story, launch.resources, message));
    }
    // what had ended before this page was opened is no news, and neither is the person's own no
    const ownNo = before === 'asking' && launch.state === 'failed' && launch.outcome.kind === 'refused';
    if (!isBadEnd(launch) || atFirst || ownNo) return;
    tell(story, trans.__('%1 (%2)', launch.outcome.sentence, name), show(story));
  };

  const look = (): void => {
    if (!store.launchesKnown) return;
    const before = dealtWith;
    dealtWith = new Map([...store.launches.values()].map(({ id, launch }) => [id, launch.state]));
    for (const id of shown.keys()) if (!dealtWith.has(id)) withdraw(id);
    for (const story of store.launches.values()) {
      const { id, launch } = story;
      if (before?.get(id) === launch.state) continue;
      withdraw(id);
      deal(story, before?.get(id), before === undefined);
    }
  };
  store.changed.connect((_, { of }) => {
    if (of === 'launches') look();
  });
  look();
}
