import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStatusBar } from '@jupyterlab/statusbar';
import { IBerth } from '../berth.ts';

export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-berth:status',
  description: 'Job, node and time left of the current notebook in the status bar.',
  autoStart: true,
  requires: [IBerth],
  optional: [IStatusBar, INotebookTracker, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    berth: IBerth,
    statusBar: IStatusBar | null,
    tracker: INotebookTracker | null,
    shell: ILabShell | null,
  ): void => {
    if (!statusBar || !tracker) return;
    void app.restored
      .then(() => Promise.all([import('../status/job-item.tsx'), berth.session()]))
      .then(([{ addJobItem }, session]) => addJobItem(statusBar, { berth, session, tracker, shell }));
  },
};
