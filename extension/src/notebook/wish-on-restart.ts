import type { LaunchStory } from '@berth/schema/rest';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IBerth } from '../berth.ts';
import type { Session } from '../session.ts';
import { LaunchActions } from './launch-actions.ts';
import { storyOf } from './panel-story.ts';

const isOver = ({ launch }: LaunchStory): boolean => launch.state === 'failed' || launch.state === 'ended';

/**
 * A restart that the person asks of Lab is their newer word: after a cancelled job or a time limit it may submit another
 * one. Lab says `restarting` just before it sends the request, whatever the way there (menu, key, toolbar, another
 * extension) and only once the person has confirmed. Of Jupyter's own restarts it says `restarting` too, and at once after
 * it `autorestarting`: only what stays is the person's. Refused: the names of the restart commands, of which extensions
 * bring more, and which also run when the person then says Cancel.
 */
export function wishOnRestart(berth: IBerth, session: Session, panel: NotebookPanel): void {
  const { sessionContext } = panel;
  const actions = new LaunchActions(berth, session, panel);
  let agreed = '';
  /** the launch that was over when the last such word reached the server */
  let landed = '';
  const kernelStatus = (): string | undefined => sessionContext.session?.kernel?.status;
  const current = (): LaunchStory | undefined =>
    storyOf(panel, session.store, berth.app.serviceManager.contents);
  const warn = (error: unknown): void =>
    console.warn('jupyter-berth: the restart could not be announced', error);
  /** Where the word came after all of Jupyter's attempts were refused nothing would start any more: start again, once. */
  const startIfRefused = async (): Promise<void> => {
    const story = current();
    if (kernelStatus() !== 'dead' || !story || !isOver(story) || story.id !== landed) return;
    landed = '';
    await actions.startAgain(story.kernel, story.resources);
  };
  const announce = async ({ id, kernel, resources }: LaunchStory): Promise<void> => {
    await actions.agree(kernel, resources);
    landed = id;
    await startIfRefused();
  };
  const agree = (dead: boolean): void => {
    const story = current();
    // Lab says it twice, once for the session and once for its kernel
    if (!story || !isOver(story) || agreed === story.id) return;
    agreed = story.id;
    // a kernel that Lab holds for dead it does not start again, whatever its menu says; of the others Lab's own request is
    // on its way: where it comes before the word and is refused, Jupyter's next attempt finds the word
    const again = dead ? actions.startAgain(story.kernel, story.resources) : announce(story);
    again.catch(warn);
  };
  sessionContext.statusChanged.connect((_, status) => {
    if (status !== 'restarting') {
      agreed = '';
      if (status === 'dead') startIfRefused().catch(warn);
    } else if (kernelStatus() === 'dead') agree(true);
    // not within Lab's own turn, in which the second word would still be to come
    else setTimeout(() => kernelStatus() === 'restarting' && agree(false));
  });
}
