import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IBerth } from '../berth.ts';
import { CommandIDs } from '../command-ids.ts';
import { startWithFirstKernel } from '../start/first-kernel.ts';

export const notebooksPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-berth:notebooks',
  description: 'What happens to the kernel of a notebook, told in that notebook.',
  autoStart: true,
  requires: [IBerth],
  optional: [INotebookTracker, ICommandPalette],
  activate: async (
    app: JupyterFrontEnd,
    berth: IBerth,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null,
  ): Promise<void> => {
    if (!tracker) return;
    startWithFirstKernel(tracker);
    const category = berth.trans.__('Containers');
    for (const command of [CommandIDs.chooseResources, CommandIDs.startAgain, CommandIDs.showLog]) {
      palette?.addItem({ command, category });
    }
    void app.restored
      .then(() => Promise.all([import('../notebook/notebook-views.ts'), berth.session()]))
      .then(([{ tellInNotebooks }, session]) => tellInNotebooks(berth, session, tracker));
  },
};
