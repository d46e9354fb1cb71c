import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IBerth } from '../berth.ts';
import { CommandIDs } from '../command-ids.ts';
import { berthIcon } from '../icons/icons.ts';
import { LazyPanel } from '../lazy-panel.ts';

export const allocationsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-berth:allocations',
  description: 'The panel of the jobs that kernels run in.',
  autoStart: true,
  requires: [IBerth],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    berth: IBerth,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
  ): void => {
    const { trans } = berth;
    const panel = new LazyPanel(async () =>
      (await import('../allocations/allocations.tsx')).createAllocations(berth),
    );
    panel.id = 'jupyter-berth-allocations';
    panel.title.icon = berthIcon;
    panel.title.caption = trans.__('Jobs of your kernels');
    panel.node.setAttribute('role', 'region');
    panel.node.setAttribute('aria-label', trans.__('Jobs of your kernels'));
    app.shell.add(panel, 'left', { rank: 250, type: 'Berth' });
    restorer?.add(panel, 'jupyter-berth-allocations');

    app.commands.addCommand(CommandIDs.showAllocations, {
      label: trans.__('Show Jobs of My Kernels'),
      icon: berthIcon,
      execute: () => {
        app.shell.activateById(panel.id);
      },
    });
    palette?.addItem({ command: CommandIDs.showAllocations, category: trans.__('Containers') });
  },
};
