import {
  ILabShell,
  IRouter,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser, IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { IBerth } from '../berth.ts';
import { CommandIDs } from '../command-ids.ts';
import { berthIcon } from '../icons/icons.ts';

export const jobsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-berth:jobs',
  description: 'Notebooks that run as batch jobs, and their outputs.',
  autoStart: true,
  requires: [IBerth],
  optional: [
    INotebookTracker,
    IFileBrowserFactory,
    IDefaultFileBrowser,
    IDocumentManager,
    ICommandPalette,
    ILabShell,
    IRouter,
  ],
  activate: async (
    app: JupyterFrontEnd,
    berth: IBerth,
    tracker: INotebookTracker | null,
    browsers: IFileBrowserFactory | null,
    browser: IDefaultFileBrowser | null,
    documents: IDocumentManager | null,
    palette: ICommandPalette | null,
    shell: ILabShell | null,
    router: IRouter | null,
  ): Promise<void> => {
    const { commands, serviceManager } = app;
    const { contents } = serviceManager;
    const { trans } = berth;
    // only files that the server has: an output of a job is none
    const isLocal = (path: string): boolean => contents.driveName(path) === '';
    const current = () => {
      const panel = tracker?.currentWidget;
      return panel && isLocal(panel.context.path) ? panel : undefined;
    };
    commands.addCommand(CommandIDs.runAsJob, {
      label: trans.__('Run as a Job…'),
      caption: trans.__('Run this notebook as a job'),
      icon: berthIcon,
      isEnabled: () => current() !== undefined,
      execute: async () => {
        const panel = current();
        if (!panel) return;
        const { context } = panel;
        // what is run is what is seen
        if (context.model.dirty) await context.save();
        const { runAsJob } = await import('../jobs/run-as-job.ts');
        const { metadata } = context.model.sharedModel;
        await runAsJob(berth, { path: contents.localPath(context.path), metadata });
      },
    });
    const selected = () => {
      const open = browsers?.tracker.currentWidget ?? browser;
      const files = [...(open?.selectedItems() ?? [])];
      const [file] = files;
      return files.length === 1 && file?.type === 'notebook' && isLocal(file.path) ? file : undefined;
    };
    commands.addCommand(CommandIDs.runFileAsJob, {
      label: trans.__('Run as a Job…'),
      icon: berthIcon,
      isVisible: () => selected() !== undefined,
      execute: async () => {
        const file = selected();
        if (!file) return;
        const { runAsJob } = await import('../jobs/run-as-job.ts');
        const model = await contents.get(file.path, { type: 'notebook', content: true });
        // of a notebook it is its JSON; what is in it is looked at where it is used
        const { metadata } = (model.content ?? {}) as { metadata?: unknown };
        await runAsJob(berth, { path: contents.localPath(file.path), metadata });
      },
    });
    commands.addCommand(CommandIDs.openOutput, {
      label: trans.__('Open the Output of a Job'),
      execute: async (args) => {
        const { NO_KERNEL } = await import('../jobs/follow-output.ts');
        const path = args['path'];
        if (documents && typeof path === 'string')
          documents.openOrReveal(path, 'Notebook', undefined, undefined, NO_KERNEL);
      },
    });
    tracker?.currentChanged.connect(() => commands.notifyCommandChanged(CommandIDs.runAsJob));
    palette?.addItem({ command: CommandIDs.runAsJob, category: trans.__('Containers') });
    // waited for, because outputs that were open are opened again with the page
    const [{ OutputDrive }, { followOutput }, { withoutAddress }, { BerthClient }, { sendThrough }] =
      await Promise.all([
        import('../jobs/output-drive.ts'),
        import('../jobs/follow-output.ts'),
        import('../jobs/no-address.ts'),
        import('../client/client.ts'),
        import('../client/send.ts'),
      ]);
    if (shell && router) withoutAddress(shell, router);
    // not that of the session, which begins when Lab is restored: Lab is not before it has this output
    const client = new BerthClient(sendThrough(serviceManager.serverSettings));
    contents.addDrive(new OutputDrive(client, serviceManager.serverSettings));
    app.docRegistry.addWidgetExtension('Notebook', {
      createNew: (panel: NotebookPanel) => followOutput(panel, contents, () => berth.session()),
    });
  },
};
