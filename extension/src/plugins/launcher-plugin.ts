import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILauncher } from '@jupyterlab/launcher';
import { IBerth } from '../berth.ts';
import { addLauncherSection } from '../launcher/launcher-section.ts';

export const launcherPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-berth:launcher',
  description: 'The section Containers of the launcher.',
  autoStart: true,
  requires: [IBerth],
  optional: [ILauncher],
  activate: (app: JupyterFrontEnd, berth: IBerth, launcher: ILauncher | null): void => {
    // after all plugins: whether that of the kernels is there cannot be known before
    if (launcher) void app.started.then(() => addLauncherSection(launcher, berth));
  },
};
