import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { IBerth } from '../berth.ts';
import { RecentKernels } from '../model/recent-kernels.ts';
import type { Session } from '../session.ts';
import { SettingsReader } from '../settings-reader.ts';

const ID = 'jupyter-berth:plugin';

/** What the other plugins share. It asks nothing of the server before Lab is on the screen. */
export const basePlugin: JupyterFrontEndPlugin<IBerth> = {
  id: ID,
  description: 'Kernels in container images, on the nodes that Slurm allots.',
  autoStart: true,
  provides: IBerth,
  optional: [ITranslator, ISettingRegistry, IStateDB],
  activate: (
    app,
    translator: ITranslator | null,
    registry: ISettingRegistry | null,
    state: IStateDB | null,
  ): IBerth => {
    const settings = new SettingsReader();
    const recent = new RecentKernels(state ?? undefined);
    let session: Promise<Session> | undefined;
    let disposed = false;
    const berth: IBerth = {
      app,
      settings,
      recent,
      trans: (translator ?? nullTranslator).load('jupyter_berth'),
      session: () =>
        (session ??= app.restored
          .then(() => import('../session.ts'))
          .then(({ openSession }) => {
            if (disposed) throw new Error('Lab is closed');
            return openSession(berth);
          })
          .catch((error: unknown) => {
            // a part that did not load may do so the next time that somebody asks
            session = undefined;
            throw error;
          })),
      get isDisposed() {
        return disposed;
      },
      dispose: () => {
        disposed = true;
        session?.then((open) => open.dispose()).catch(() => undefined);
      },
    };
    // the application itself has no end that it tells; its shell has
    app.shell.disposed.connect(() => berth.dispose());
    if (registry) {
      settings.follow(registry, ID).catch((error: unknown) => {
        console.warn('jupyter-berth: the settings cannot be read, the defaults hold', error);
      });
    }
    void recent.load();
    berth.session().catch((error: unknown) => console.warn('jupyter-berth: cannot be loaded', error));
    return berth;
  },
  deactivate: async (app) => (await app.resolveOptionalService(IBerth))?.dispose(),
};
