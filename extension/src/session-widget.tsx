import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type { IBerth } from './berth.ts';
import { asProblem, type ServerProblem } from './client/server-problem.ts';
import { ProblemNotice } from './problem-notice.tsx';
import type { Session } from './session.ts';

/** A view that needs the session: drawn once that is loaded. Until it can be, it says why, and tries again when asked. */
export abstract class SessionWidget extends ReactWidget {
  protected readonly berth: IBerth;
  /** selector of what gets the focus when the view is to have it */
  protected readonly focusOn: string = 'h2';
  #wantsFocus = false;
  #session: Session | undefined;
  #problem: ServerProblem | undefined;

  constructor(berth: IBerth) {
    super();
    this.berth = berth;
    void this.#open();
  }

  protected abstract draw(session: Session): JSX.Element;

  /** The session is there; nothing is drawn of it yet. */
  protected opened(_session: Session): void {
    // most views need nothing
  }

  protected override render(): JSX.Element {
    if (this.#session) return this.draw(this.#session);
    if (!this.#problem) return <></>;
    return (
      <ProblemNotice problem={this.#problem} trans={this.berth.trans} onTryAgain={() => void this.#open()} />
    );
  }

  protected override onActivateRequest(): void {
    this.#wantsFocus = true;
    this.#focus();
  }

  protected override onUpdateRequest(message: Message): void {
    super.onUpdateRequest(message);
    void this.renderPromise?.then(() => this.#focus());
  }

  /** Once, as soon as what gets it is there. */
  #focus(): void {
    const target = this.#wantsFocus && this.node.querySelector<HTMLElement>(this.focusOn);
    if (!target) return;
    this.#wantsFocus = false;
    target.focus();
  }

  async #open(): Promise<void> {
    try {
      const session = await this.berth.session();
      if (this.isDisposed) return;
      this.#session = session;
      this.opened(session);
    } catch (error) {
      this.#problem = asProblem(error);
    }
    this.update();
  }
}
