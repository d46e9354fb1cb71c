import type { Widget } from '@lumino/widgets';
import type { IBerth } from '../berth.ts';
import { SessionWidget } from '../session-widget.tsx';
import type { Session } from '../session.ts';
import { JobsView } from '../jobs/jobs-view.tsx';
import { AllocationsView } from './allocations-view.tsx';

/** The panel of the person's jobs. */
class Allocations extends SessionWidget {
  // not the first button: that one ends a job
  protected override readonly focusOn = 'h2';

  constructor(berth: IBerth) {
    super(berth);
    this.addClass('jp-Berth-allocations');
  }

  protected override draw(session: Session): JSX.Element {
    return (
      <>
        <AllocationsView berth={this.berth} session={session} />
        <JobsView berth={this.berth} session={session} />
      </>
    );
  }
}

export const createAllocations = (berth: IBerth): Widget => new Allocations(berth);
