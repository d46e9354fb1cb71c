import { assertNever, type Resources } from '@berth/schema';
import type { LaunchStory } from '@berth/schema/rest';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { PartialJSONObject } from '@lumino/coreutils';
import type { IBerth } from '../berth.ts';
import { chooseResources } from '../choice/choose.ts';
import { showLog } from '../log/log-view.tsx';
import { notebookResources, sameResources } from '../model/preselection.ts';
import type { Session } from '../session.ts';
import { showProblem } from '../show-problem.tsx';
import type { Asked, LaunchAction } from '../words/launch-words.ts';
import { localPathOf } from './panel-story.ts';

/** What a launch that asks would get if the person just said yes: the notebook's own wish, else what the server says. */
export function askedOf(panel: NotebookPanel, { launch }: LaunchStory, fallback: Resources): Asked {
  const standing = launch.state === 'asking' ? launch.resources : fallback;
  const wished = notebookResources(panel.context.model.sharedModel.metadata);
  return wished && !sameResources(wished, standing)
    ? { resources: wished, byNotebook: true }
    : { resources: standing, byNotebook: wished !== undefined };
}

/** Metadata of a notebook is JSON: absent keys are not there. */
const asJson = (value: object): PartialJSONObject => JSON.parse(JSON.stringify(value)) as PartialJSONObject;

/** Does what the banner's buttons say. A failure is told in a dialog. */
export class LaunchActions {
  readonly #berth: IBerth;
  readonly #session: Session;
  readonly #panel: NotebookPanel;

  constructor(berth: IBerth, session: Session, panel: NotebookPanel) {
    this.#berth = berth;
    this.#session = session;
    this.#panel = panel;
  }

  async perform(action: LaunchAction, story: LaunchStory, asked: Resources): Promise<void> {
    const { client } = this.#session;
    const { trans } = this.#berth;
    const params = { id: story.id };
    try {
      switch (action) {
        case 'start':
          return void (await client.call('answerLaunch', {
            params,
            body: { start: true, resources: asked },
          }));
        case 'choose': {
          const choice = await this.#choose(story.kernel, story.displayName);
          if (!choice) return;
          const { resources, profile } = choice;
          const body = { start: true as const, resources, ...(profile ? { profile } : {}) };
          await client.call('answerLaunch', { params, body });
          return this.#keepInFile(resources);
        }
        case 'decline':
          return void (await client.call('answerLaunch', { params, body: { start: false } }));
        case 'cancel':
          return void (await client.call('cancelLaunch', { params }));
        case 'start-again':
          return await this.startAgain(story.kernel, story.resources);
        case 'choose-other': {
          const choice = await this.#choose(story.kernel, story.displayName);
          if (choice) await this.startAgain(story.kernel, choice.resources, choice.profile);
          return;
        }
        case 'log':
          return showLog(this.#berth, this.#session, story);
        default:
          assertNever(action);
      }
    } catch (error) {
      await showProblem(error, trans.__('That did not work'), trans);
    }
  }

  /**
   * The person wants this kernel again: their word first, then a kernel of a new id, for which no end of an old job stands
   * in the way.
   */
  async startAgain(kernel: string, resources?: Resources, profile?: string): Promise<void> {
    await this.agree(kernel, resources, profile);
    if (resources) this.#keepInFile(resources);
    await this.#panel.sessionContext.changeKernel({ name: kernel });
  }

  /** The person's word for the next start. Without resources (of a job that was there already) those of the standing wish. */
  async agree(kernel: string, resources?: Resources, profile?: string): Promise<void> {
    const { client } = this.#session;
    const path = this.#path();
    const standing = resources ?? (await client.call('wish', { query: { path, kernel } })).resources;
    await client.call('setWish', {
      body: { path, kernel, resources: standing, ...(profile ? { profile } : {}) },
    });
  }

  /** Choose for the notebook's kernel, for its next start. */
  async chooseForNext(kernel: string, displayName: string): Promise<void> {
    const keep = this.#berth.trans.__('Keep for next start');
    const choice = await this.#choose(kernel, displayName, keep);
    if (!choice) return;
    const { resources, profile } = choice;
    await this.#session.client.call('setWish', {
      body: { path: this.#path(), kernel, resources, ...(profile ? { profile } : {}) },
    });
    this.#keepInFile(resources);
  }

  #choose(
    kernel: string,
    title: string,
    start = this.#berth.trans.__('Start'),
  ): ReturnType<typeof chooseResources> {
    const { trans } = this.#berth;
    const metadata = this.#panel.context.model.sharedModel.metadata;
    return chooseResources(this.#session.client, trans, {
      title,
      kernel,
      path: this.#path(),
      metadata,
      start,
    });
  }

  /** The person's choice goes into the file where the settings say so; Lab saves it with the notebook. */
  #keepInFile(resources: Resources): void {
    const { writeResources } = this.#berth.settings.values;
    const { sharedModel } = this.#panel.context.model;
    const before = sharedModel.getMetadata('berth') as { resources?: unknown } | undefined;
    // a notebook that was created from a tile has the entry already
    const keep =
      writeResources === 'always' || (writeResources === 'created' && before?.resources !== undefined);
    const same = notebookResources(sharedModel.metadata);
    // what is there already would only make the notebook unsaved
    if (same && sameResources(same, resources)) return;
    if (keep) sharedModel.setMetadata('berth', asJson({ ...before, resources }));
  }

  #path(): string {
    return localPathOf(this.#panel, this.#berth.app.serviceManager.contents);
  }
}
