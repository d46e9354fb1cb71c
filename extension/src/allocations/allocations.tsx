import { ReactWidget } from '@jupyterlab/ui-components';
import type { Widget } from '@lumino/widgets';
import type { IBerth } from '../berth.ts';
import type { Session } from '../session.ts';
import { AllocationsView } from './allocations-view.tsx';

/** The panel of the person's jobs. */
class Allocations extends ReactWidget {
  readonly #berth: IBerth;
  #session: Session | undefined;

  constructor(berth: IBerth) {
    super();
    this.#berth = berth;
    this.addClass('jp-Berth-allocations');
    void berth.session().then((session) => {
      this.#session = session;
      this.update();
    });
  }

  protected override onActivateRequest(): void {
    this.node.querySelector<HTMLElement>('button')?.focus();
  }

  protected override render(): JSX.Element {
    return this.#session ? <AllocationsView berth={this.#berth} session={this.#session} /> : <></>;
  }
}

export const createAllocations = (berth: IBerth): Widget => new Allocations(berth);
