import type { Widget } from '@lumino/widgets';
import type { IBerth } from '../berth.ts';
import { SessionWidget } from '../session-widget.tsx';
import type { Session } from '../session.ts';
import { AllocationsView } from './allocations-view.tsx';

/** The panel of the person's jobs. */
class Allocations extends SessionWidget {
  constructor(berth: IBerth) {
    super(berth);
    this.addClass('jp-Berth-allocations');
    this.node.tabIndex = -1;
  }

  protected override onActivateRequest(): void {
    // not to the first button: that one ends a job
    this.node.focus();
  }

  protected override draw(session: Session): JSX.Element {
    return <AllocationsView berth={this.berth} session={session} />;
  }
}

export const createAllocations = (berth: IBerth): Widget => new Allocations(berth);
