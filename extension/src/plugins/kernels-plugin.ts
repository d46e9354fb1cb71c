import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, type MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { IBerth } from '../berth.ts';
import { CommandIDs } from '../command-ids.ts';
import { berthIcon, languageIcon } from '../icons/icons.ts';
import { LogoIcons } from '../icons/logo-icons.tsx';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export const kernelsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-berth:kernels',
  description: 'New notebooks with a kernel in a container, and the panel of all containers.',
  autoStart: true,
  requires: [IBerth],
  optional: [ICommandPalette, ILayoutRestorer, IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    berth: IBerth,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    browser: IDefaultFileBrowser | null,
  ): void => {
    const { commands, shell } = app;
    const { trans } = berth;
    const gallery = new WidgetTracker<MainAreaWidget>({ namespace: 'jupyter-berth-gallery' });
    const folder = (): string => browser?.model.path ?? '';
    const logos = new LogoIcons();

    commands.addCommand(CommandIDs.newNotebook, {
      // "Python 3.11 · climate 2026.2": what it is, and below it where it comes from
      label: (args) =>
        args['tile']
          ? text(args['displayName']).replace(' · ', '\n')
          : text(args['displayName']) || trans.__('New Notebook in a Container'),
      caption: (args) => [text(args['image']), text(args['language'])].filter(Boolean).join(' · '),
      icon: (args) => {
        const byLanguage = languageIcon(text(args['language']));
        const logo = text(args['logo']);
        return logo === '' ? byLanguage : logos.of(logo, byLanguage);
      },
      execute: async (args) => {
        const kernel = text(args['kernel']);
        if (kernel === '') return commands.execute(CommandIDs.openGallery) as Promise<unknown>;
        const { newNotebook } = await import('../start/new-notebook.ts');
        return newNotebook(berth, {
          kernel,
          displayName: text(args['displayName']) || kernel,
          folder: typeof args['cwd'] === 'string' ? args['cwd'] : folder(),
          ask: args['ask'] === true,
        });
      },
    });

    commands.addCommand(CommandIDs.openGallery, {
      label: (args) => (args['tile'] ? trans.__('All containers…') : trans.__('Open All Containers')),
      caption: trans.__('Search all kernels that were found in container images'),
      icon: berthIcon,
      execute: async () => {
        const open = gallery.currentWidget ?? (await import('../gallery/gallery.tsx')).createGallery(berth);
        if (!gallery.has(open)) void gallery.add(open);
        if (!open.isAttached) shell.add(open, 'main');
        shell.activateById(open.id);
        return open;
      },
    });

    commands.addCommand(CommandIDs.rescan, {
      label: trans.__('Look for Containers Again'),
      execute: async () => {
        await (await berth.session()).client.call('startScan');
        return commands.execute(CommandIDs.openGallery) as Promise<unknown>;
      },
    });

    if (restorer) void restorer.restore(gallery, { command: CommandIDs.openGallery, name: () => 'gallery' });
    const category = trans.__('Containers');
    for (const command of [CommandIDs.openGallery, CommandIDs.newNotebook, CommandIDs.rescan]) {
      palette?.addItem({ command, category });
    }
  },
};
