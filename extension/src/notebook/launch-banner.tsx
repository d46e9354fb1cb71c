import type { LaunchStory } from '@berth/schema/rest';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { IBerth } from '../berth.ts';
import type { Session } from '../session.ts';
import { BannerView } from './banner-view.tsx';
import { LaunchActions } from './launch-actions.ts';
import { storyOf } from './panel-story.ts';

/** Tells at the top of a notebook what happens to its kernel, while there is something to tell. */
export class LaunchBanner extends ReactWidget {
  readonly #berth: IBerth;
  readonly #session: Session;
  readonly #panel: NotebookPanel;
  readonly #actions: LaunchActions;
  readonly #sizes: ResizeObserver;
  /** id and state of what the person has closed */
  #closed = '';

  constructor(berth: IBerth, session: Session, panel: NotebookPanel) {
    super();
    this.#berth = berth;
    this.#session = session;
    this.#panel = panel;
    this.#actions = new LaunchActions(berth, session, panel);
    this.#sizes = new ResizeObserver(() => this.#takeRoom());
    this.addClass('jp-Berth-bannerHost');
    session.store.changed.connect(this.#look, this);
    panel.sessionContext.kernelChanged.connect(this.#look, this);
    panel.sessionContext.sessionChanged.connect(this.#look, this);
    panel.context.pathChanged.connect(this.#look, this);
    void panel.context.ready.then(() => this.#look());
    panel.disposed.connect(() => this.dispose());
    this.#look();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.#sizes.disconnect();
    super.dispose();
  }

  protected override render(): JSX.Element {
    const story = this.#story();
    return (
      <BannerView
        story={story}
        panel={this.#panel}
        session={this.#session}
        trans={this.#berth.trans}
        onAction={async (action, asked) => story && this.#actions.perform(action, story, asked)}
        onClose={() => {
          this.#closed = `${story?.id} ${story?.launch.state}`;
          this.#look();
        }}
        onSize={(node) => this.#sizes.observe(node)}
        onFocusLost={() => this.#panel.content.activate()}
      />
    );
  }

  #story(): LaunchStory | undefined {
    const story = storyOf(this.#panel, this.#session.store, this.#berth.app.serviceManager.contents);
    if (!story || story.launch.state === 'ready') return undefined;
    return `${story.id} ${story.launch.state}` === this.#closed ? undefined : story;
  }

  #look(): void {
    if (!this.isDisposed) this.update();
  }

  /** Lumino's boxes give a widget the height that it says it needs, and look only when they are told. */
  #takeRoom(): void {
    const content = this.node.firstElementChild as HTMLElement | null;
    const empty = content === null || content.classList.contains('jp-mod-empty');
    const height = `${empty ? 0 : content.offsetHeight}px`;
    if (this.node.style.minHeight === height) return;
    this.node.style.minHeight = height;
    this.parent?.fit();
  }
}
