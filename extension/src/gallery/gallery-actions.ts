import type { KernelEntry } from '@berth/schema/rest';
import type { IBerth } from '../berth.ts';
import { CommandIDs } from '../command-ids.ts';
import type { Session } from '../session.ts';
import { showProblem } from '../show-problem.tsx';
import { offerKernel, withdrawKernel } from '../start/offer-kernel.ts';

/** What can be done with a kernel of the catalogue. A failure is told in a dialog. */
export interface GalleryActions {
  start(entry: KernelEntry, ask?: boolean): Promise<void>;
  /** list it among Jupyter's kernels, or no longer */
  offer(entry: KernelEntry, offered: boolean): Promise<void>;
}

export function galleryActions(berth: IBerth, session: Session): GalleryActions {
  const { app, trans } = berth;
  return {
    start: async ({ name, displayName }, ask = false) => {
      await app.commands.execute(CommandIDs.newNotebook, { kernel: name, displayName, ask });
    },
    offer: async ({ name }, offered) => {
      try {
        await (offered ? offerKernel : withdrawKernel)(berth, session, name);
      } catch (error) {
        await showProblem(error, trans.__('That did not work'), trans);
      }
    },
  };
}
