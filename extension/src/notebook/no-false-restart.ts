import type { Outcome } from '@berth/schema';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IBerth } from '../berth.ts';
import type { Session } from '../session.ts';
import { storyOf } from './panel-story.ts';

/** Where Lab's notebook remembers that it has said so already; private, and Lab has no setting. */
interface SaysRestarts {
  _autorestarting: boolean;
}
const saysRestarts = (panel: object): panel is SaysRestarts =>
  '_autorestarting' in panel && typeof panel._autorestarting === 'boolean';

/** Ends after which Jupyter's restart does start the kernel again; after all others a launcher refuses it. */
const RESTARTED: readonly Outcome['kind'][] = ['exited', 'signalled', 'out-of-memory'];

/**
 * Keeps Lab from saying "It will restart automatically", in a dialog over all else and once for each of Jupyter's attempts,
 * where a job has ended and nothing restarts: the banner below it says what happened. A notebook of another Lab, in which
 * that private field is not, is left as it is. Refused: closing the dialog, which would be somebody else's as well.
 */
export function noFalseRestart({ app }: IBerth, { store }: Session, panel: NotebookPanel): void {
  const lab: object = panel;
  panel.sessionContext.statusChanged.connect((_, status) => {
    // said just before `autorestarting`, at which Lab looks into the field
    if (status !== 'restarting' || !saysRestarts(lab)) return;
    const launch = storyOf(panel, store, app.serviceManager.contents)?.launch;
    const over = launch?.state === 'failed' || launch?.state === 'ended';
    if (over && !RESTARTED.includes(launch.outcome.kind)) lab._autorestarting = true;
  });
}
