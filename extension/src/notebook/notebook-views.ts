import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IBerth } from '../berth.ts';
import type { Session } from '../session.ts';
import { addNotebookCommands } from './notebook-commands.ts';
import { LaunchBanner } from './launch-banner.tsx';
import { noFalseRestart } from './no-false-restart.ts';
import { notifyUnseen } from './notify-unseen.ts';
import { wishOnRestart } from './wish-on-restart.ts';

/** Tell in each notebook what happens to its kernel, and take the person's word from there. */
export function tellInNotebooks(berth: IBerth, session: Session, tracker: INotebookTracker): void {
  const attach = (panel: NotebookPanel): void => {
    panel.contentHeader.addWidget(new LaunchBanner(berth, session, panel));
    wishOnRestart(berth, session, panel);
    noFalseRestart(berth, session, panel);
  };
  tracker.forEach(attach);
  tracker.widgetAdded.connect((_, panel) => attach(panel));
  notifyUnseen(berth, session, tracker);
  addNotebookCommands(berth, session, tracker);
}
